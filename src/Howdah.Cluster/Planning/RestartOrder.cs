using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Planning;

/// <summary>
/// In which order servers restart for the settings that a standby must not have less of than its primary: raised on the standbys first,
/// lowered on them last, and there only when they have replayed that the primary has less. The other way round a standby stops. Pure.
/// </summary>
internal static class RestartOrder
{
    /// <summary>The primary's restart would raise what some standby does not have yet.</summary>
    public static bool RaisesAbove(NodeAnswers primary, IEnumerable<ObservedNode> standbys) =>
        standbys.Select(node => node.Answers).OfType<NodeAnswers>().Any(
            standby => primary.NextLimits.Any(next => standby.Limits.TryGetValue(next.Key, out var has) && has < next.Value));

    /// <summary>What the standby's restart would lower below what it has replayed; null where it may restart.</summary>
    public static string? LowersBelowReplayed(ObservedNode standby) => standby.Answers?.NextLimits
        .Where(next => standby.ReplayedLimits.TryGetValue(next.Key, out var replayed) && next.Value < replayed)
        .Select(next => $"{next.Key} = {next.Value}, and the primary's WAL here still says {standby.ReplayedLimits[next.Key]}")
        .FirstOrDefault();
}
