using Howdah.Cluster.Agents;
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

    /// <summary>What the server's restart would raise, and to what.</summary>
    public static List<KeyValuePair<string, long>> Raised(NodeAnswers server) =>
        [.. server.NextLimits.Where(next => !server.Limits.TryGetValue(next.Key, out var has) || has < next.Value)];

    /// <summary>Why nobody can say that the primary may raise a limit above what the standby had last; null where its host's word
    /// counts.</summary>
    /// <param name="host">The standby's.</param>
    /// <param name="file">That of the primary's host; without a revision where that is not known.</param>
    public static string? WhyUnsure(ObservedHost host, FileMark file)
    {
        if (!host.IsSeen)
            return $"its host cannot be seen: {host.Problem ?? "nothing is known of it"}";
        return file.Revision == 0 || host.ClusterFile == file
            ? null
            : $"its host goes by revision {host.ClusterFile.Revision} of the cluster file, the primary's by revision {file.Revision}";
    }

    /// <summary>Why the standby, which is seen, would not bear that the primary raises its limits; null where it would.</summary>
    public static string? WhyBelow(ObservedNode standby, List<KeyValuePair<string, long>> raised)
    {
        // It has nothing yet that could break; and for its copy the primary may need just this restart, for one more sender.
        if (standby.Data == DataPlace.Absent)
            return null;
        if (standby.Answers is not { } answers)
            return $"it does not answer: {standby.Problem ?? "it does not run"}";
        foreach (var (name, next) in raised)
        {
            if (!answers.Limits.TryGetValue(name, out var has))
                return $"it does not tell its {name}";
            if (has < next)
                return $"it has {name} = {has}";
        }

        return null;
    }

    /// <summary>What the standby's restart would lower below what it has replayed; null where it may restart.</summary>
    public static string? LowersBelowReplayed(ObservedNode standby) => standby.Answers?.NextLimits
        .Where(next => standby.ReplayedLimits.TryGetValue(next.Key, out var replayed) && next.Value < replayed)
        .Select(next => $"{next.Key} = {next.Value}, and the primary's WAL here still says {standby.ReplayedLimits[next.Key]}")
        .FirstOrDefault();
}
