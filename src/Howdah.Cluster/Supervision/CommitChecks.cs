using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// Whether commits are held by as many other hosts as the cluster file promises. PostgreSQL never goes below that by itself: commits wait
/// instead, and that is told. Pure.
/// </summary>
internal static class CommitChecks
{
    private const string Subject = "commits";

    public static IEnumerable<ProtectionCheck> Of(ClusterModel model, ObservedCluster seen)
    {
        if (model.Synchronous == SynchronousMode.Off)
            yield break;
        if (seen.AnsweringPrimary is not { Answers: { } answers } primary)
        {
            yield return new ProtectionCheck(Subject, Verdict.Unknown, "the primary does not answer who holds them");
            yield break;
        }

        var wanted = SynchronousPromise.Holders(model, primary.Model);
        var holding = wanted.Where(host => answers.Followers.Any(follower => Holds(follower, host.ApplicationName))).ToList();
        var many = model.Synchronous == SynchronousMode.Any ? "one" : "all";
        var whose = $"{many} of {string.Join(", ", wanted.Select(host => host.Name))}";
        if (holding.Count >= SynchronousPromise.Needed(model.Synchronous, wanted.Count))
        {
            yield return new ProtectionCheck(Subject, Verdict.Good, $"are answered when {whose} hold them");
            yield break;
        }

        var there = holding.Count == 0 ? "none of them does" : $"only {string.Join(", ", holding.Select(host => host.Name))} does";
        var finding = $"wait: they are answered when {whose} hold them, and {there} now";
        yield return new ProtectionCheck(Subject, Verdict.Bad, finding) { Reason = $"commits {finding}" };
    }

    private static bool Holds(ObservedFollower follower, string applicationName) =>
        follower is { IsStreaming: true, SyncState: "sync" or "quorum" }
        && string.Equals(follower.ApplicationName, applicationName, StringComparison.OrdinalIgnoreCase);
}
