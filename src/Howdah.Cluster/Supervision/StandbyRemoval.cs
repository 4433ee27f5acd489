using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;

namespace Howdah.Cluster.Supervision;

/// <summary>Takes a standby out of the cluster. Safe to run again after any interruption.</summary>
internal sealed class StandbyRemoval(ClusterWorkshop workshop)
{
    private static readonly TimeSpan StopDeadline = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SlotDeadline = TimeSpan.FromSeconds(30);

    public async Task RunAsync(NodeModel node, CancellationToken cancellationToken)
    {
        var seen = await workshop.ObserveAsync(cancellationToken);
        var primary = RequireRemovable(seen, node);
        workshop.Files.NoteRemoved(node.Name);
        await workshop.Server(node).StopAsync(ShutdownMode.Fast, StopDeadline, cancellationToken);
        if (workshop.Self.Has(primary.Model))
            await DropSlotAsync(primary, node, cancellationToken);
        else
            await AwaitDroppedSlotAsync(primary, node, cancellationToken);
        var paths = NodePaths.Of(node);
        if (seen.Node(node).Data == DataPlace.Initialized)
            DataDirectories.Rename(paths.Data, paths.Removed);
    }

    /// <summary>Everything that can stand in the way, before anything is done.</summary>
    /// <returns>The primary, which answers.</returns>
    private ObservedNode RequireRemovable(ObservedCluster seen, NodeModel node)
    {
        if (seen.Topology.Primary is null || seen.Topology.Primary == node)
            throw new OperationException(
                ErrorCodes.Refused, $"{node.Name} is not known to be a standby: {seen.Topology.Conflict ?? "it is the primary"}",
                seen.Topology.WayOut ?? "only a standby can be removed");
        if (workshop.Model.Synchronous == SynchronousMode.All)
            throw new OperationException(
                ErrorCodes.Refused, $"synchronous is \"all\": with {node.Name} gone, every commit would wait for it",
                $"set synchronous to \"any\" or \"off\" first, and back when {node.Name} is out of the cluster file");
        if (seen.Node(node).Data == DataPlace.Initialized)
            NodePaths.Of(node).RequireRoomForRemoved();
        return seen.AnsweringPrimary ?? throw new OperationException(
            ErrorCodes.ServerUnreachable, $"the primary does not answer, and its slot for {node.Name} would go on keeping WAL",
            workshop.Model.IsOnOneMachine ? "start it: howdah up --detach" : "see howdah status");
    }

    /// <summary>The agent of the primary's host hears that the node was taken out, and drops the slot.</summary>
    private Task AwaitDroppedSlotAsync(ObservedNode primary, NodeModel node, CancellationToken cancellationToken) => Waiting.UntilAsync(
        async () => (await workshop.ObserveAsync(cancellationToken)).Node(primary.Model).Answers is { } answers
            && !answers.Slots.Any(slot => string.Equals(slot.Name, node.SlotName, StringComparison.Ordinal)),
        new WaitOptions(
            SlotDeadline, $"slot {node.SlotName} is still on {primary.Model.Name}, whose agent is to drop it",
            "see howdah status whether that agent answers, and run this again"),
        workshop.Time,
        cancellationToken);

    private async Task DropSlotAsync(ObservedNode primary, NodeModel node, CancellationToken cancellationToken)
    {
        var database = workshop.Survey.Database(primary.Model);
        // The walsender lives a moment longer than the standby.
        await Waiting.UntilAsync(
            async () => (await database.QueryAsync(
                "select 1 as one from pg_replication_slots where slot_name = $1 and active", [node.SlotName],
                cancellationToken)).Count == 0,
            new WaitOptions(SlotDeadline, $"slot {node.SlotName} is still in use"),
            workshop.Time,
            cancellationToken);
        await database.ExecuteAsync(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1",
            [node.SlotName],
            cancellationToken);
    }
}
