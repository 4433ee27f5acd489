using Howdah.Cluster.Adoption;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Rendering;
using Howdah.Core.Units;
using Howdah.Postgres.Server;
using Howdah.Storage;

namespace Howdah.Cluster.Execution;

/// <summary>Data directory, configuration and process of a node.</summary>
internal sealed class ServerSteps(ClusterWorkshop workshop)
{
    private static readonly TimeSpan StopDeadline = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReloadDeadline = TimeSpan.FromSeconds(10);

    /// <summary>initdb runs for about a second.</summary>
    private static readonly TimeSpan LeftoverDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Makes a new database system beside its place, and renames it there only when it is complete.</summary>
    public async Task InitializeAsync(NodeModel node, CancellationToken cancellationToken)
    {
        var paths = NodePaths.Of(node);
        await RemoveInterruptedAsync(paths.Initializing, cancellationToken);
        DirectorySync.Create(paths.Initializing);
        var made = Path.Combine(paths.Initializing, Path.GetRandomFileName());
        var superuser = workshop.Model.Users.Superuser;
        // Kept nowhere: the superuser comes in through the socket, and what is in the directory of secrets every host gets.
        var options = new InitializationOptions(made, superuser, new Secret(SecretFiles.NewPassword()));
        await ServerInitialization.InitializeAsync(workshop.Installation, options, cancellationToken);
        Write(NodeRenderer.Render(workshop.Model, node, NodeRole.Primary, workshop.Survey.RenderOptionsFor(node)), made);
        DataDirectories.RemoveEmpty(paths.Data);
        DataDirectories.Rename(made, paths.Data);
        DataDirectories.Remove(paths.Initializing);
        workshop.Survey.NoteMade(node);
        workshop.Files.ClearCreation();
    }

    /// <summary>What an interrupted run left may still be written to: by its initdb, which gives up when its files vanish.</summary>
    private Task RemoveInterruptedAsync(string directory, CancellationToken cancellationToken) => Waiting.UntilAsync(
        () =>
        {
            try
            {
                DataDirectories.Remove(directory);
                return Task.FromResult(true);
            }
            catch (IOException)
            {
                return Task.FromResult(false);
            }
        },
        new WaitOptions(LeftoverDeadline, $"{directory} could not be removed", "which process writes in it?"),
        workshop.Time,
        cancellationToken);

    public void WriteConfiguration(ObservedNode node)
    {
        // It runs with all of what is about to be replaced, also with what was only reloaded.
        if (node.Answers is { PendingRestart.Count: 0, DeferredRestart.Count: 0, NeedsReload: false })
            new StartedConfiguration(workshop.Files.StartedDirectory(node.Model.Name), node.Model.DataDirectory).Keep();
        KeepFormer(node.Model.DataDirectory);
        Write(node.Wanted!, node.Model.DataDirectory);
    }

    /// <summary>Of a server that was neither made nor adopted here: what is replaced is somebody's work.</summary>
    private static void KeepFormer(string directory)
    {
        if (ConfigurationFiles.IncludesOurs(Path.Combine(directory, ConfigurationFiles.MainFile)))
            return;
        foreach (var name in ConfigurationFiles.StartFiles.Append(ConfigurationFiles.MainFile))
        {
            var path = Path.Combine(directory, name);
            if (Presence.OfFile(path))
                FormerFile.Keep(path);
        }
    }

    /// <summary>Writes what is rendered for a node into a data directory: only what differs, each file whole.</summary>
    public static void Write(NodeRendering wanted, string directory)
    {
        var differing = ConfigurationFiles.Differing(wanted, directory);
        foreach (var file in wanted.Files.Where(file => differing.Contains(Path.GetFileName(file.Path), StringComparer.Ordinal)))
            AtomicFile.Write(ConfigurationFiles.In(file.Path, directory), file.Content, file.Mode);
        foreach (var file in wanted.AbsentFiles)
            File.Delete(ConfigurationFiles.In(file.Path, directory));
        if (!differing.Contains(ConfigurationFiles.MainFile, StringComparer.Ordinal))
            return;
        var main = Path.Combine(directory, ConfigurationFiles.MainFile);
        AtomicFile.Write(main, ConfigurationFiles.WithInclude(File.ReadAllText(main)));
    }

    /// <summary>Until it answers; or until another server has ended, because it may wait for WAL of that one.</summary>
    public Task StartAsync(NodeModel node, ObservedCluster seen, CancellationToken cancellationToken) =>
        new ServerWatch(workshop, seen).RunAsync(node, token => new ServerStart(workshop, node).RunAsync(token), cancellationToken);

    public async Task ReloadAsync(ObservedNode node, CancellationToken cancellationToken)
    {
        var written = ConfigurationFiles.NewestWrite(node.Wanted!, node.Model.DataDirectory);
        workshop.Server(node.Model).Reload();
        await Waiting.UntilAsync(
            async () =>
            {
                var database = workshop.Survey.Database(node.Model);
                var loaded = await database.QueryRowAsync("select pg_conf_load_time() as at", [], cancellationToken);
                return loaded.Time("at") > written
                    && !await workshop.Survey.ShowsOldCertificateAsync(node.Model, cancellationToken);
            },
            new WaitOptions(
                ReloadDeadline, $"{node.Model.Name} did not read its configuration again",
                "look at its log: a line, or the certificate, may be wrong"),
            workshop.Time,
            cancellationToken);
    }

    /// <summary>Immediately: what it has not written yet into the other server's files must never get there.</summary>
    public async Task StopSharingAsync(ObservedNode node, CancellationToken cancellationToken)
    {
        await workshop.Server(node.Model).StopAsync(ShutdownMode.Immediate, StopDeadline, cancellationToken);
        workshop.Announce(
            AnnouncementLevel.Problem,
            $"{node.Model.Name} used the tablespace directory of another server, {string.Join(", ", node.SharedTablespaces)}, and was "
            + "stopped",
            "read all tables in that tablespace once: what was written to it since it was made may be damaged; before the next CREATE "
            + "TABLESPACE on one machine run howdah standby remove, and howdah standby add after it");
    }

    public async Task RestartAsync(NodeModel node, ObservedCluster seen, CancellationToken cancellationToken)
    {
        workshop.Announce(AnnouncementLevel.Information, $"{node.Name} restarts: sessions on it end");
        await workshop.Server(node).StopAsync(ShutdownMode.Fast, StopDeadline, cancellationToken);
        await StartAsync(node, seen, cancellationToken);
    }
}
