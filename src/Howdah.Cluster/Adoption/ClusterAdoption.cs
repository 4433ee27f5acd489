using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Adoption;

/// <summary>
/// Takes over servers of this machine that somebody else set up and that run: looks, decides, and prepares their files and the cluster
/// file, so that <c>howdah up</c> or the agent finds nothing that it would have to undo.
/// </summary>
/// <remarks>
/// Nothing is started, stopped, made or removed in a database, and what the servers have set stays set. All methods throw
/// <see cref="OperationException"/>; none uses the console.
/// </remarks>
public sealed class ClusterAdoption(ClusterModel model, ClusterEnvironment environment)
{
    private static readonly TimeSpan ReloadDeadline = TimeSpan.FromSeconds(10);

    /// <summary>What adopting would do now. Changes nothing.</summary>
    public async Task<AdoptionPlan> PlanAsync(AdoptionOptions options, CancellationToken cancellationToken)
    {
        await using var workshop = await ClusterWorkshop.OpenAsync(model, environment, cancellationToken);
        var found = await new ServerFinder(workshop).FindAsync(cancellationToken);
        var rendering = workshop.Survey.RenderOptionsFor(null);
        if (rendering.SlotWalBudget is null && found.Servers.Count > 0)
            rendering = rendering with { SlotWalBudget = GroundSteps.DeriveBudget(workshop) };
        return AdoptionPlanner.Plan(model, found, options, rendering);
    }

    /// <summary>Does what the plan says; each of its actions can be done again, so that it is run again after it was interrupted.</summary>
    /// <param name="plan">Without problems.</param>
    /// <param name="clusterFile">Where its text goes.</param>
    /// <param name="cancellationToken">Ends it between two actions.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ConfigurationInvalid"/>: PostgreSQL would refuse what the cluster file
    /// is to say, and nothing was changed.</exception>
    public async Task RunAsync(AdoptionPlan plan, string clusterFile, CancellationToken cancellationToken)
    {
        Invariant.Check(plan.Problems.Count == 0);
        await using var workshop = await ClusterWorkshop.OpenAsync(plan.Model, environment, cancellationToken);
        await workshop.TrySettingsAsync(cancellationToken);
        DirectorySync.Create(model.Paths.Root);
        using var change = await ClusterLocks.ChangeAsync(workshop, cancellationToken);
        DirectorySync.Create(model.Paths.StateDirectory);
        Note(workshop, "Adopt", "adopt the servers of this machine: run howdah adopt again");
        if (plan.ClusterFile is { } text)
            ClusterFileKeeper.Replace(clusterFile, model.Source, text);
        foreach (var node in plan.Nodes)
            await AdoptAsync(workshop, node, cancellationToken);
        workshop.Files.ClearIntent();
    }

    private async Task AdoptAsync(ClusterWorkshop workshop, NodeAdoption adoption, CancellationToken cancellationToken)
    {
        var node = adoption.Node;
        DirectorySync.Create(model.Paths.SocketDirectory(node));
        // Before any file: were the server reloaded in between, it would not be restarted for what can wait.
        if (adoption.Deferred.Count > 0 && workshop.Server(node).ReadStatus().Postmaster is { StartTime: { } start } postmaster)
            workshop.Files.WriteAdopted(node.Name, new AdoptedServer(postmaster.ProcessId, start, adoption.Deferred));
        foreach (var action in adoption.Actions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Note(workshop, $"Adopt:{node.Name}", action.Text);
            StorageFailure.Run(action.Text, () => Do(action));
        }

        if (adoption.Actions.Any(action => action.Kind != FileActionKind.Keep))
            await ReloadAsync(workshop, node, cancellationToken);
    }

    private static void Do(FileAction action)
    {
        switch (action.Kind)
        {
            case FileActionKind.Keep:
                FormerFile.Keep(action.Path);
                break;
            case FileActionKind.Write:
                AtomicFile.Write(action.Path, action.Content, ModeOf(action.Path));
                break;
            default:
                var temporary = AtomicFile.TemporaryName(action.Path);
                File.CreateSymbolicLink(temporary, action.Content);
                DurableFile.Rename(temporary, action.Path);
                break;
        }
    }

    /// <summary>
    /// As it was, but for others: what ALTER SYSTEM has set may hold a password. For what was not there only the owner's.
    /// </summary>
    private static UnixFileMode ModeOf(string path)
    {
        if (!File.Exists(path))
            return AtomicFile.OwnerOnly;
        var mode = File.GetUnixFileMode(path);
        return Path.GetFileName(path) == FileTakeover.StartConf ? mode
            : mode & ~(UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
    }

    /// <summary>What the server would not take shows now, and not at its next start.</summary>
    private static async Task ReloadAsync(ClusterWorkshop workshop, NodeModel node, CancellationToken cancellationToken)
    {
        var finder = new ServerFinder(workshop);
        if (workshop.Server(node).ReadStatus().Postmaster is not { SocketDirectory: not null } postmaster)
            return;
        await using var database = finder.Open(node, postmaster);
        var errors = await new ServerQueries(database).FindErrorsAsync(cancellationToken);
        if (errors.Count > 0)
            throw new OperationException(
                ErrorCodes.SettingsFileInvalid, $"the server of {node.Name} would not take its files as they are now: {errors[0]}",
                $"the former ones are beside them, as *{FileTakeover.KeptSuffix}; the server still runs with what it had read");
        var before = (await database.QueryRowAsync("select pg_conf_load_time() as at", [], cancellationToken)).Time("at");
        workshop.Server(node).Reload();
        await Waiting.UntilAsync(
            async () => (await database.QueryRowAsync("select pg_conf_load_time() as at", [], cancellationToken)).Time("at") > before,
            new WaitOptions(ReloadDeadline, $"{node.Name} did not read its configuration again", "look at its log: a line may be wrong"),
            workshop.Time,
            cancellationToken);
    }

    private static void Note(ClusterWorkshop workshop, string step, string text) =>
        workshop.Files.WriteIntent(new IntentRecord(step, text, workshop.Time.GetUtcNow(), System.Environment.ProcessId));
}
