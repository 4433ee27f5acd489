using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// What a person asks of a standby: first whether it can be had, and only then a note of it, which the planner reads. The caller holds the
/// change lock.
/// </summary>
internal sealed class StandbyRequests(ClusterModel model, HostModel self, ClusterStateFiles files)
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
        if (standing.Count == 0 && others.FirstOrDefault(other => !self.Has(other.Model)) is { } away)
            throw new OperationException(
                ErrorCodes.Refused,
                $"{away.Model.Name} is being built anew from {node.Name} on its own host, and then both would make way for each other",
                $"let that end; or, if nothing moves because each was given up for the other, run: howdah standby add {away.Model.Name}");
        if (standing.Count == 0)
            others.ForEach(other => files.ClearRebuild(other.Model.Name));
        if (givesUp)
            files.GiveUp(node.Name);
        else
            files.RequestRebuild(node.Name);
        files.ClearRemoved(node.Name);
    }

    /// <summary>
    /// Notes that the node, which may have been taken out, belongs to the cluster again. One that was given up stands again where no other
    /// does: two people, on two hosts, may have given up each the other one of two primaries, and then neither has anything to follow.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: nothing was noted.</exception>
    public void Add(ObservedCluster seen, NodeModel node)
    {
        RequireStandby(seen, node);
        if (seen.Topology.Primary is null && seen.Node(node) is { IsGivenUp: true, WouldBePrimary: true } && StandsAlone(seen, node))
        {
            RequireUp(seen, node);
            files.ClearRebuild(node.Name);
            files.ClearRemoved(node.Name);
            return;
        }

        if (seen.Topology.Primary is null)
            throw NoPrimary(seen, node);
        RequireUp(seen, node);
        files.ClearRemoved(node.Name);
    }

    /// <summary>
    /// Servers that were started for one command would go on without anybody who watches them or receives their WAL. But where two would
    /// be primary, nothing can be brought up before a person has decided between them.
    /// </summary>
    private void RequireUp(ObservedCluster seen, NodeModel node)
    {
        if (!model.IsOnOneMachine || seen.Topology.Conflict is not null || seen.Nodes.Any(other => other.Server.IsRunning))
            return;
        throw new OperationException(
            ErrorCodes.Refused, $"{model.Name} is down: {node.Name} would follow a primary that nobody watches",
            "howdah up --detach brings it up; then say this again");
    }

    private void RequireStandby(ObservedCluster seen, NodeModel node)
    {
        if (seen.Topology.Primary != node)
            return;
        var standbys = model.Nodes.Where(other => other != node).Select(other => other.Name).ToList();
        throw new OperationException(
            ErrorCodes.Refused, $"{node.Name} is the primary",
            standbys.Count > 0 ? $"its standbys are {string.Join(", ", standbys)}" : "the cluster file names no other node");
    }

    /// <summary>No other is a primary, or might be one where it cannot be seen.</summary>
    private static bool StandsAlone(ObservedCluster seen, NodeModel node) => seen.Nodes.All(
        other => other.Model == node || other.IsGivenUp || other.IsRemoved || (other.Data != DataPlace.Unknown && !other.WouldBePrimary));

    private static OperationException NoPrimary(ObservedCluster seen, NodeModel node) => new(
        ErrorCodes.Refused, $"there is no primary that {node.Name} could follow: {seen.Topology.Conflict ?? "no other node has its data"}",
        seen.Topology.WayOut);

    private static bool IsOfAnotherSystem(ObservedNode node, ObservedCluster seen) =>
        node.Answers is { } own && seen.AnsweringPrimary?.Answers is { } primary && own.System != primary.System;
}
