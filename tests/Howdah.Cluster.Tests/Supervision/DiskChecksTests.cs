using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Supervision;

public sealed class DiskChecksTests
{
    private const long MiB = 1L << 20;

    [Theory]
    [InlineData(31, 4000, Verdict.Bad, null)]
    [InlineData(199, 4000, Verdict.Good, "the disk of slave fills up: 199MiB of 3.9GiB left in /data")]
    [InlineData(200, 4000, Verdict.Good, null)]
    [InlineData(5 << 10, 4 << 20, Verdict.Good, null)]
    public void What_is_left_is_judged_by_what_the_next_segments_take(long free, long total, Verdict verdict, string? warning)
    {
        var seen = Well(slave: node => node with { Disk = new ObservedDisk("/data", free * MiB, total * MiB) });
        var check = Assert.Single(DiskChecks.Of(Model, seen));
        Assert.Equal(("disk slave", verdict, warning), (check.Subject, check.Verdict, check.Warning));
        const string full = "the disk of slave has no room for more WAL: 31MiB of 3.9GiB left in /data; free space there, or give it more";
        Assert.Equal(verdict == Verdict.Bad ? full : null, check.Reason);
    }

    [Fact]
    public void The_fullest_place_counts_and_what_is_not_there_does_not() =>
        Assert.Equal("/proc", ObservedDisk.Fullest(["/", "/no/such/place", "/proc"])!.Place);
}
