using Howdah.Cluster.Agents;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Supervision;

public sealed class AgentChecksTests
{
    [Fact]
    public void Hosts_that_answer_and_go_by_one_file_are_good()
    {
        var checks = Check(Of("one", 2), Of("two", 2));
        Assert.All(checks, check => Assert.Equal((Verdict.Good, null), (check.Verdict, check.Warning)));
        Assert.Equal(["agent one", "agent two", "cluster file one", "cluster file two"], checks.Select(check => check.Subject));
    }

    [Fact]
    public void A_host_that_goes_by_an_older_file_is_told()
    {
        var warning = Assert.Single(Check(Of("one", 2), Of("two", 1)), check => check.Warning is not null);
        Assert.Equal("cluster file two", warning.Subject);
        Assert.StartsWith("two goes by revision 1 of the cluster file and one by 2: ", warning.Warning, StringComparison.Ordinal);
        var same = Of("two", 2) with { ClusterFile = new FileMark(2, "edit-1") };
        Assert.Contains(Check(Of("one", 2), same), check => check.Warning?.Contains("by another 2: ", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void A_host_that_is_not_seen_is_unknown_and_one_without_its_agent_is_bad()
    {
        var away = Of("two", 1) with { Problem = "no route (last seen yesterday)" };
        var unknown = Assert.Single(Check(Of("one", 2), away), check => check.Verdict != Verdict.Good);
        Assert.Equal((Verdict.Unknown, "two cannot be seen: no route (last seen yesterday)"), (unknown.Verdict, unknown.Reason));
        var checks = Check(Of("one", 2) with { AgentProblem = "refused" }, Of("two", 2));
        var bad = Assert.Single(checks, check => check.Verdict != Verdict.Good);
        Assert.Equal((Verdict.Bad, "this host is not looked after: refused"), (bad.Verdict, bad.Reason));
    }

    private static List<ProtectionCheck> Check(params ObservedHost[] hosts) => [.. AgentChecks.Of(Well() with { Hosts = hosts })];

    private static ObservedHost Of(string name, long revision) =>
        Host with { Model = Host.Model with { Name = name }, ClusterFile = new FileMark(revision, null) };
}
