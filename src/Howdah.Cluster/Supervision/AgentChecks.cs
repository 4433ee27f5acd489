using System.Globalization;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Supervision;

/// <summary>On several machines: does the agent of each host answer, and do all go by the same cluster file? Pure.</summary>
internal static class AgentChecks
{
    public static IEnumerable<ProtectionCheck> Of(ObservedCluster seen)
    {
        var newest = seen.Hosts.Where(host => host.IsSeen).MaxBy(host => host.ClusterFile, FileMark.ByAge);
        return [.. seen.Hosts.Select(Answers), .. seen.Hosts.Where(host => host.IsSeen).Select(host => Revision(host, newest!))];
    }

    private static ProtectionCheck Answers(ObservedHost host)
    {
        var subject = $"agent {host.Model.Name}";
        if (!host.IsSeen)
            return new(subject, Verdict.Unknown, host.Problem ?? "does not answer")
            {
                Reason = $"{host.Model.Name} cannot be seen: {host.Problem}",
            };
        return host.AgentProblem is { } problem
            ? new(subject, Verdict.Bad, $"does not answer: {problem}")
            {
                Reason = $"this host is not looked after: {problem}",
            }
            : new(subject, Verdict.Good, host.Age is { Ticks: > 0 } age ? Seen(age) : "answers");
    }

    private static string Seen(TimeSpan age) =>
        string.Create(CultureInfo.InvariantCulture, $"answers; what it tells is {age.TotalSeconds:0.0} s old");

    /// <summary>A host that has the older one still protects by it; that it is so for long, somebody must look into.</summary>
    private static ProtectionCheck Revision(ObservedHost host, ObservedHost newest)
    {
        var (own, theirs) = (host.ClusterFile, newest.ClusterFile);
        return new($"cluster file {host.Model.Name}", Verdict.Good, $"revision {own.Revision}")
        {
            Warning = own == theirs
                ? null
                : $"{host.Model.Name} goes by revision {own.Revision} of the cluster file and {newest.Model.Name} by "
                    + $"{(own.Revision == theirs.Revision ? "another " : "")}{theirs.Revision}: "
                    + "it takes that over within seconds, or the log of its agent says why not",
        };
    }
}
