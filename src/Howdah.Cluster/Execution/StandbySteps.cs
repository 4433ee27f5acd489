using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;
using Howdah.Operations.CloneStandby;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;
using Howdah.Storage;

namespace Howdah.Cluster.Execution;

/// <summary>Making a standby and waiting for what follows the primary.</summary>
internal sealed class StandbySteps(ClusterWorkshop workshop)
{
    private static readonly TimeSpan StreamingDeadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromMinutes(1);

    private readonly ServerSteps _servers = new(workshop);

    /// <summary>A base backup beside the standby's place, with the standby's slot keeping WAL since before it began.</summary>
    public async Task CloneAsync(PlanStep step, ObservedCluster seen, CancellationToken cancellationToken)
    {
        var node = workshop.Model.FindNode(step.Subject)!;
        var paths = NodePaths.Of(node);
        var primary = seen.AnsweringPrimary ?? throw new OperationException(ErrorCodes.ServerUnreachable, "the primary does not answer");
        var generation = workshop.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var request = new CloneRequest
        {
            Primary = ClusterConnections.Clone(workshop.Model, node, primary.Model),
            SlotName = node.SlotName,
            DataDirectory = paths.Staged,
            System = primary.Answers!.System,
            LocateTablespace = tablespace => paths.TablespaceOfCopy(tablespace.Oid, generation),
            RateLimit = workshop.Model.Backup.RateLimit,
        };
        var copy = await new StandbyCloner(workshop.Time, new BackupStepObserver(workshop, step)).RunAsync(request, cancellationToken);
        ConfigureCopy(seen.Node(node), copy.Directory);
        copy.PutInPlace();
    }

    /// <summary>Puts a verified copy in place. What it replaces is kept beside it until the copy streams.</summary>
    public async Task ActivateAsync(NodeModel model, ObservedCluster seen, CancellationToken cancellationToken)
    {
        var node = seen.Node(model);
        var paths = NodePaths.Of(model);
        if (Directory.Exists(paths.Staged))
        {
            // The cluster file may have changed since the copy was made.
            ConfigureCopy(node, paths.Staged);
            await workshop.Server(model).StopAsync(ShutdownMode.Fast, StopDeadline, cancellationToken);
            if (node.Data == DataPlace.Initialized)
            {
                SetAside(node, paths);
            }
            else
            {
                DataDirectories.RemoveEmpty(paths.Data);
            }

            // From here on the node has no data but the verified copy, so that a next run finishes this even if we die now.
            workshop.Files.ClearRebuild(model.Name);
            DataDirectories.Rename(paths.Staged, paths.Data);
        }

        await _servers.StartAsync(model, seen, cancellationToken);
    }

    /// <summary>Out of the way by a rename. Of data that was given up nobody else has a copy: that is for good.</summary>
    private void SetAside(ObservedNode node, NodePaths paths)
    {
        if (node.IsGivenUp)
        {
            DataDirectories.Rename(paths.Data, paths.Removed);
            workshop.Announce(AnnouncementLevel.Information, $"what only {node.Model.Name} held is kept in {paths.Removed}");
            return;
        }

        DataDirectories.RemoveWithTablespaces(paths.Replaced, paths.Tablespaces);
        DataDirectories.Rename(paths.Data, paths.Replaced);
    }

    public Task AwaitReceiverAsync(ObservedCluster seen, CancellationToken cancellationToken)
    {
        var backup = workshop.Model.Backup;
        return AwaitFollowerAsync(
            seen, backup.ApplicationName, backup.SlotName, () => workshop.Receiver.Error ?? "the receiver reports no error",
            cancellationToken);
    }

    public Task AwaitStreamingAsync(NodeModel node, ObservedCluster seen, CancellationToken cancellationToken)
    {
        var log = workshop.Model.Paths.NodeLog(node);
        return AwaitFollowerAsync(
            seen, node.ApplicationName, node.SlotName,
            () => $"its log says: {string.Join(" | ", ServerLog.ReadTail(log, 0).TakeLast(3))}",
            cancellationToken);
    }

    /// <summary>Until its restart would not lower a limit below what it has replayed.</summary>
    public Task AwaitReplayAsync(NodeModel node, CancellationToken cancellationToken) => Waiting.UntilAsync(
        async () => RestartOrder.LowersBelowReplayed((await workshop.ObserveAsync(cancellationToken)).Node(node)) is null,
        new WaitOptions(StreamingDeadline, $"{node.Name} has not replayed the primary's lower limits", "does it stream? See howdah status"),
        workshop.Time,
        cancellationToken);

    /// <summary>Removes what a copy that streams has replaced, and copies that nobody finished.</summary>
    public static void RemoveOldData(ObservedNode node)
    {
        var paths = NodePaths.Of(node.Model);
        Invariant.Check(node.Data == DataPlace.Initialized);
        foreach (var directory in new[] { paths.Replaced, paths.Staged, paths.Unfinished })
            DataDirectories.RemoveWithTablespaces(directory, paths.Tablespaces);
    }

    /// <summary>A copy brings the primary's postgresql.auto.conf along, which would overrule what we render for a standby.</summary>
    private static void ConfigureCopy(ObservedNode node, string directory)
    {
        ServerSteps.Write(node.Wanted!, directory);
        var path = Path.Combine(directory, "postgresql.auto.conf");
        if (!File.Exists(path))
            return;
        var conf = PostgresConf.Parse(File.ReadAllText(path), path);
        var cleaned = node.Wanted!.Settings.Aggregate(conf, (current, setting) => current.Remove(setting.Name));
        AtomicFile.Write(path, cleaned.ToString());
    }

    /// <summary>Until it streams; or until a server has ended, because then something else is to be done first.</summary>
    private async Task AwaitFollowerAsync(
        ObservedCluster before, string applicationName, string slotName, Func<string> why, CancellationToken cancellationToken)
    {
        var watch = new ServerWatch(workshop, before);
        try
        {
            await Waiting.UntilAsync(
                async () =>
                {
                    workshop.Receiver.ThrowIfEnded();
                    var now = await workshop.ObserveAsync(cancellationToken);
                    // Another node may have become primary, and only now has our slot.
                    if (workshop.IsSupervising && workshop.Self.IsBackupHost)
                        await workshop.Receiver.FollowAsync(now);
                    return watch.HasLostServer
                        || now.AnsweringPrimary?.Answers is { } answers && answers.IsFollowedBy(applicationName, slotName);
                },
                new WaitOptions(StreamingDeadline, $"{applicationName} did not stream through slot {slotName}"),
                workshop.Time,
                cancellationToken);
        }
        catch (OperationException failure) when (failure.Code == ErrorCodes.ServerTimeout)
        {
            throw new OperationException(failure.Code, $"{failure.Message}; {why()}", failure.Hint, failure);
        }
    }
}
