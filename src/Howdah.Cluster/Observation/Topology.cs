using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Observation;

/// <summary>Who is primary, as far as it can be told.</summary>
/// <param name="Primary">The node; null where there is none yet or it cannot be told.</param>
/// <param name="Conflict">Why it cannot be told; null where it can, or where nothing exists yet.</param>
/// <param name="WayOut">What a person can do about the conflict; null where there is none.</param>
public sealed record Topology(NodeModel? Primary, string? Conflict, string? WayOut = null)
{
    private const string Decide =
        "decide which of them is right, and for each other one run: howdah standby rebuild NODE; what only that holds is kept";

    private const string BringBack = "bring back the host that cannot be seen, or promote a node";

    /// <summary>
    /// A running server that accepts writes is the primary; where none runs, the only data directory that would start as one, or of several
    /// that which ran alone last, unless something tells that another node has become primary since (<see cref="StoppedPrimary"/>). Two of
    /// either are a conflict that only a person can decide, by giving nodes up: those do not count. Nothing anywhere: the first node is to
    /// be made primary.
    /// </summary>
    public static Topology Of(ClusterModel model, IReadOnlyList<ObservedNode> nodes, PrimaryClues? clues = null)
    {
        var standing = nodes.Where(node => !node.IsGivenUp).ToList();
        var writable = standing.Where(node => node.Answers is { InRecovery: false }).ToList();
        if (writable.Count > 1)
            return new Topology(null, $"{Names(writable)} both accept writes", Decide);
        if (writable.Count == 1)
            return new Topology(writable[0].Model, null);
        var candidates = standing.Where(node => node.WouldBePrimary).ToList();
        clues ??= PrimaryClues.None;
        if (StoppedPrimary.Find(candidates, clues) is { } found)
            return StoppedPrimary.FindDoubt(found, nodes, clues) ?? new Topology(found.Model, null);
        if (candidates.Count > 0)
            return new Topology(null, $"{Names(candidates)} would both start as primary", Decide);
        var givenUp = nodes.Where(node => node.IsGivenUp).ToList();
        if (givenUp.Count > 0)
            return new Topology(
                null, $"{Names(givenUp)} was given up, and no other node is a primary",
                $"to let {givenUp[0].Model.Name} be the primary after all, run: howdah standby add {givenUp[0].Model.Name}");
        var data = nodes.Where(node => node.Data == DataPlace.Initialized).ToList();
        var unseen = nodes.Where(node => node.Data == DataPlace.Unknown).ToList();
        if (data.Count > 0 && unseen.Count > 0)
            return new Topology(null, $"no primary is seen, and {Names(unseen)} cannot be seen", BringBack);
        if (data.Count > 0)
            return new Topology(null, $"{Names(data)} would start as standby, and there is no primary", HowToPromote(data));
        return unseen.Any(node => node.Model == model.InitialPrimary)
            ? new Topology(null, $"{model.InitialPrimary.Name} cannot be seen", BringBack)
            : new Topology(model.InitialPrimary, null);
    }

    /// <summary>The role that a node is to have; null where it cannot be told.</summary>
    public NodeRole? RoleOf(NodeModel node) => Primary is null ? null : node == Primary ? NodeRole.Primary : NodeRole.Standby;

    /// <summary>We promote nothing by ourselves: whether the old primary is really gone, a person knows.</summary>
    private static string HowToPromote(List<ObservedNode> standbys)
    {
        var best = standbys.Find(node => node.Answers is not null) ?? standbys[0];
        return best.Answers is { Version.Major: >= 12 }
            ? $"bring the primary's data back, or run: howdah psql {best.Model.Name} -c 'select pg_promote()'"
            : $"bring the primary's data back, or start {best.Model.Name} and promote it with pg_ctl -D {best.Model.DataDirectory}";
    }

    private static string Names(IEnumerable<ObservedNode> nodes) => string.Join(" and ", nodes.Select(node => node.Model.Name));
}
