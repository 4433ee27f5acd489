using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Planning;

/// <summary>What is to be done about the slots of the primary. Pure.</summary>
internal static class SlotPlan
{
    /// <summary>Steps of the primary's host; none where the primary does not answer.</summary>
    /// <param name="model">The cluster.</param>
    /// <param name="seen">As it is.</param>
    /// <param name="primary">Its primary.</param>
    /// <param name="blocked">Names of nodes that somebody must decide about first.</param>
    public static IEnumerable<PlanStep> Of(
        ClusterModel model, ObservedCluster seen, ObservedNode primary, IReadOnlySet<string> blocked)
    {
        if (primary.Answers is null && primary.Data != DataPlace.Absent)
            return [];
        // Of a node that cannot follow, too: its slot would keep WAL for nobody.
        var unused = seen.Nodes.Where(node => node.IsRemoved || blocked.Contains(node.Model.Name))
            .Select(node => node.Model.SlotName).ToHashSet(StringComparer.Ordinal);
        return [.. Left(seen, primary), .. Wanted(model, seen, primary).Where(step => !unused.Contains(step.Subject))];
    }

    /// <summary>
    /// The node's host has to note that it is built anew before its lost slot is made anew: after that nothing tells that it misses WAL,
    /// and the primary's host can only note it where it has the node itself.
    /// </summary>
    public static bool IsAsked(ClusterModel model, ObservedNode node, ObservedNode primary) =>
        node is { Data: not DataPlace.Absent, IsRebuildRequested: false } && model.HostOf(node.Model) != model.HostOf(primary.Model);

    private static IEnumerable<PlanStep> Wanted(ClusterModel model, ObservedCluster seen, ObservedNode primary)
    {
        foreach (var slot in primary.Wanted?.Slots ?? [])
        {
            var found = primary.Answers?.Slots.FirstOrDefault(other => string.Equals(other.Name, slot.Name, StringComparison.Ordinal));
            var name = primary.Model.Name;
            if (found is null)
                yield return new(
                    PlanStepKind.CreateSlot, slot.Name, $"create slot {slot.Name} on {name}, WAL reserved: {slot.Reason}",
                    "it is not there");
            else if (found.IsActive)
                continue;
            else if (found.IsLost && seen.Nodes.Any(node => node.Model.SlotName == slot.Name && IsAsked(model, node, primary)))
                continue;
            else if (found.IsLost)
                yield return new(
                    PlanStepKind.CreateSlot, slot.Name, $"create slot {slot.Name} on {name} anew",
                    "the server has given it up: what it kept exceeded the disk budget");
            else if (found.RestartLsn is null)
                yield return new(
                    PlanStepKind.CreateSlot, slot.Name, $"create slot {slot.Name} on {name} anew, WAL reserved", "it keeps no WAL");
        }
    }

    /// <summary>What a removed standby leaves behind would keep WAL for nobody.</summary>
    private static IEnumerable<PlanStep> Left(ObservedCluster seen, ObservedNode primary) =>
        from node in seen.Nodes
        where node.IsRemoved && (primary.Answers?.Slots ?? []).Any(
            slot => !slot.IsActive && string.Equals(slot.Name, node.Model.SlotName, StringComparison.Ordinal))
        select new PlanStep(
            PlanStepKind.DropSlot, node.Model.SlotName, $"drop slot {node.Model.SlotName} on {primary.Model.Name}",
            $"{node.Model.Name} was removed");
}
