using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using Howdah.Cluster.Tests.Planning;

namespace Howdah.Cluster.Tests.Supervision;

public sealed class ClockChecksTests
{
    [Theory]
    [InlineData(0, null)]
    [InlineData(-10, null)]
    [InlineData(11, "the clock of slave is 11 s ahead of this host's")]
    [InlineData(-3600, "the clock of slave is 60 minutes behind this host's")]
    [InlineData(86_400, "the clock of slave is 24 hours ahead of this host's")]
    [InlineData(864_000, "the clock of slave is 10 days ahead of this host's")]
    public void Clocks_that_differ_are_told_and_leave_the_cluster_protected(int seconds, string? said)
    {
        var check = Assert.Single(ClockChecks.Of(Seen(TimeSpan.FromSeconds(seconds))));
        Assert.Equal((Verdict.Good, said), (check.Verdict, check.Warning?.Split(": ")[0]));
    }

    [Fact]
    public void A_clock_that_was_not_seen_is_not_judged() => Assert.Empty(ClockChecks.Of(Seen(null)));

    private static ObservedCluster Seen(TimeSpan? ahead)
    {
        var seen = new SimulatedHosts().SeenFrom("backup");
        return seen with
        {
            Hosts = [.. seen.Hosts.Select(host => host.Model.Name == "slave"
                ? new ObservedHost(host.Model) { Age = TimeSpan.Zero, ClockAhead = ahead }
                : host with { ClockAhead = null })],
        };
    }
}
