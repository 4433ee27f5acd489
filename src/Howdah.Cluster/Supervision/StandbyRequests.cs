using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// What a person asks of a standby: first whether it can be had, and only then a note of it, which the planner reads. The caller holds the
/// change lock.
/// </summary>
internal sealed class StandbyRequests(ClusterWorkshop workshop)
{
    /// <summary>
    /// Notes that the node is to be built anew. A node that is no copy of the primary is given up by this: it is no candidate for primary
    /// any more, and its data is kept. So two primaries become one by a person's word, and by nothing else.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: nothing was noted.</exception>
    public void Rebuild(ObservedCluster seen, NodeModel node)
    {
        RequireStandby(seen, node);
        RequireUp(seen, node);
        var own = seen.Node(node);
        var others = seen.Nodes.Where(other => other.Model != node && other.WouldBePrimary).ToList();
        var standing = others.Where(other => !other.IsGivenUp).ToList();
        // A third node cannot settle which of two others is right.
        if (others.Count == 0 || (standing.Count > 1 && !own.WouldBePrimary))
            throw NoPrimary(seen, node);
        var givesUp = own.WouldBePrimary || IsOfAnotherSystem(own, seen);
        if (givesUp && own.Data == DataPlace.Initialized)
            NodePaths.Of(node).RequireRoomForRemoved();

        // Only those are left that were given up before: the person has decided the other way round.
        if (standing.Count == 0 && others.FirstOrDefault(other => !workshop.Self.Has(other.Model)) is { } away)
            throw new OperationException(
                ErrorCodes.Refused,
                $"{away.Model.Name} is being built anew from {node.Name} on its own host, and then both would make way for each other",
                $"let that end; then {away.Model.Name} follows {node.Name}");
        if (standing.Count == 0)
            others.ForEach(other => workshop.Files.ClearRebuild(other.Model.Name));
        if (givesUp)
            workshop.Files.GiveUp(node.Name);
        else
            workshop.Files.RequestRebuild(node.Name);
        workshop.Files.ClearRemoved(node.Name);
    }

    /// <summary>Notes that the node, which may have been taken out, belongs to the cluster again.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: nothing was noted.</exception>
    public void Add(ObservedCluster seen, NodeModel node)
    {
        RequireStandby(seen, node);
        if (seen.Topology.Primary is null)
            throw NoPrimary(seen, node);
        RequireUp(seen, node);
        workshop.Files.ClearRemoved(node.Name);
    }

    /// <summary>
    /// Servers that were started for one command would go on without anybody who watches them or receives their WAL. But where two would
    /// be primary, nothing can be brought up before a person has decided between them.
    /// </summary>
    private void RequireUp(ObservedCluster seen, NodeModel node)
    {
        if (!workshop.Model.IsOnOneMachine || seen.Topology.Conflict is not null || seen.Nodes.Any(other => other.Server.IsRunning))
            return;
        throw new OperationException(
            ErrorCodes.Refused, $"{workshop.Model.Name} is down: {node.Name} would follow a primary that nobody watches",
            "howdah up --detach brings it up; then say this again");
    }

    private void RequireStandby(ObservedCluster seen, NodeModel node)
    {
        if (seen.Topology.Primary != node)
            return;
        var standbys = workshop.Model.Nodes.Where(other => other != node).Select(other => other.Name).ToList();
        throw new OperationException(
            ErrorCodes.Refused, $"{node.Name} is the primary",
            standbys.Count > 0 ? $"its standbys are {string.Join(", ", standbys)}" : "the cluster file names no other node");
    }

    private static OperationException NoPrimary(ObservedCluster seen, NodeModel node) => new(
        ErrorCodes.Refused, $"there is no primary that {node.Name} could follow: {seen.Topology.Conflict ?? "no other node has its data"}",
        seen.Topology.WayOut);

    private static bool IsOfAnotherSystem(ObservedNode node, ObservedCluster seen) =>
        node.Answers is { } own && seen.AnsweringPrimary?.Answers is { } primary && own.System != primary.System;
}
