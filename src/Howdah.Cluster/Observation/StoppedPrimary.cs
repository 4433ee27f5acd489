using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Observation;

/// <summary>
/// Why the only data that would start as primary may be an old one's: a person may have promoted another node while its host was away.
/// Nobody but the hosts of the others can tell, so they are asked first. What one of them holds against it counts for good; only for
/// hosts that are silent the wait has an end, for they may be dead. Pure.
/// </summary>
internal static class StoppedPrimary
{
    /// <summary>
    /// Which of those that would start as primary is the one. An old primary that waits for a person's decision must not keep the new one
    /// from being started again.
    /// </summary>
    /// <returns>Null where there is none, or it cannot be told.</returns>
    public static ObservedNode? Find(List<ObservedNode> candidates, PrimaryClues clues)
    {
        if (candidates.Count < 2)
            return candidates.FirstOrDefault();
        var named = clues.Words.Select(word => word.Node).Distinct(StringComparer.Ordinal).ToList();
        var last = named is [var only] ? candidates.Find(node => node.Model.Name == only) : null;
        return candidates.Exists(node => node != last && node.Server.IsRunning) ? null : last;
    }

    /// <returns>The conflict; null where the node may be started, or runs and does not answer yet.</returns>
    public static Topology? FindDoubt(ObservedNode stopped, IReadOnlyList<ObservedNode> nodes, PrimaryClues clues)
    {
        if (stopped.Server.IsRunning)
            return null;
        var name = stopped.Model.Name;
        // What a person has given up, taken out or will have built anew holds nothing against it.
        var others = nodes.Where(node => node.Model != stopped.Model && node is { IsGivenUp: false, IsRemoved: false }).ToList();
        var ahead = others.Find(node => !node.IsRebuildRequested && IsAhead(node, stopped));
        if (ahead is not null)
            return new Topology(
                null,
                $"{name} does not run and ends on timeline {stopped.Timeline}, and {ahead.Model.Name} follows timeline "
                + $"{ahead.NewestTimeline}: another node was promoted",
                $"bring back the host of that node; or, to go back to {name}, run: howdah standby rebuild {ahead.Model.Name}");
        var unseen = others.Where(node => node.Data == DataPlace.Unknown).ToList();
        foreach (var word in clues.Words)
        {
            if (unseen.Find(node => string.Equals(node.Model.Name, word.Node, StringComparison.Ordinal)) is { } other)
                return new Topology(
                    null,
                    $"{name} does not run, and {other.Model.Name}, which cannot be seen, {(word.IsNow ? "is" : "was last")} the primary: "
                    + $"{word.Host} {(word.IsNow ? "sees" : "saw")} it",
                    ByHand(stopped, other));
        }

        return unseen.Count > 0 && clues.Waiting.Contains(stopped.Model)
            ? new Topology(
                null, $"{name} does not run, and whether {unseen[0].Model.Name}, which cannot be seen, is the primary now is not known",
                $"{name} is started when that is known, or after some minutes; {ByHand(stopped, unseen[0])}")
            : null;
    }

    private static bool IsAhead(ObservedNode node, ObservedNode stopped) =>
        !node.IsFormerPrimary && stopped.Timeline is { } own && node.NewestTimeline is { } other && other.Value > own.Value
        && (node.System is not { } system || stopped.System is not { } same || system == same);

    private static string ByHand(ObservedNode stopped, ObservedNode other) =>
        $"bring back the host of {other.Model.Name}; or, where {stopped.Model.Name} is to be the primary without it, start it: "
        + $"pg_ctl -D {stopped.Model.DataDirectory} start";
}

/// <summary>What is known of the primary beside what the nodes show.</summary>
public sealed record PrimaryClues
{
    public static readonly PrimaryClues None = new();

    /// <summary>What hosts say, this one included.</summary>
    public IReadOnlyList<PrimaryWord> Words { get; init; } = [];

    /// <summary>
    /// Nodes of this host that are not started as primary yet while a host with another node is silent: this agent has not seen them run.
    /// </summary>
    public IReadOnlyList<NodeModel> Waiting { get; init; } = [];
}

/// <summary>A host's word on who is the primary.</summary>
/// <param name="Host">Whose.</param>
/// <param name="Node">The node that accepts writes.</param>
/// <param name="IsNow">It sees it now; else it is the last that it saw.</param>
public sealed record PrimaryWord(string Host, string Node, bool IsNow);
