using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Observation;

/// <summary>Who is primary, as far as it can be told.</summary>
/// <param name="Primary">The node; null where there is none yet or it cannot be told.</param>
/// <param name="Conflict">Why it cannot be told; null where it can, or where nothing exists yet.</param>
public sealed record Topology(NodeModel? Primary, string? Conflict)
{
    /// <summary>
    /// A running server that accepts writes is the primary; where none runs, the only data directory that would start as one. Two of
    /// either are a conflict that only a person can decide. Nothing anywhere: the first node is to be made primary.
    /// </summary>
    public static Topology Of(ClusterModel model, IReadOnlyList<ObservedNode> nodes)
    {
        var writable = nodes.Where(node => node.Answers is { InRecovery: false }).ToList();
        if (writable.Count > 1)
            return new Topology(null, $"{Names(writable)} both accept writes");
        if (writable.Count == 1)
            return new Topology(writable[0].Model, null);
        var data = nodes.Where(node => node.Data == DataPlace.Initialized).ToList();
        var candidates = data.Where(node => !node.HasStandbyMarker).ToList();
        if (candidates.Count == 1)
            return new Topology(candidates[0].Model, null);
        if (candidates.Count > 1)
            return new Topology(null, $"{Names(candidates)} would both start as primary");
        return data.Count > 0
            ? new Topology(null, $"{Names(data)} would start as standby, and there is no primary")
            : new Topology(model.InitialPrimary, null);
    }

    /// <summary>The role that a node is to have; null where it cannot be told.</summary>
    public NodeRole? RoleOf(NodeModel node) => Primary is null ? null : node == Primary ? NodeRole.Primary : NodeRole.Standby;

    private static string Names(IEnumerable<ObservedNode> nodes) => string.Join(" and ", nodes.Select(node => node.Model.Name));
}
