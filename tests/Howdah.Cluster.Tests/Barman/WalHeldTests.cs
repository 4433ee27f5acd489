using Howdah.Barman.Observation;
using Howdah.Core.Wal;
using Howdah.Repository.Snapshots;

namespace Howdah.Cluster.Tests.Barman;

public sealed class WalHeldTests
{
    private static readonly LsnRange Missing = new(Lsn.Parse("0/5000000"), Lsn.Parse("0/7000000"));

    private static readonly WalLedger Ledger = new(
        LabFacts.System,
        WalSegmentSize.Default,
        "line",
        [new TimelineLedger(TimelineId.First, null, [], [new WalGap(TimelineId.First, Missing, "removed", WalGapOrigin.Recorded)])]);

    [Fact]
    public void A_gap_after_the_only_backup_is_harmful() =>
        Assert.Single(WalHeld.HarmfulGaps(Ledger, [BackupAt("0/2000028")]));

    [Fact]
    public void A_backup_made_after_the_gap_is_the_remedy() =>
        Assert.Empty(WalHeld.HarmfulGaps(Ledger, [BackupAt("0/2000028"), BackupAt("0/8000028")]));

    [Fact]
    public void A_backup_with_damaged_pages_is_no_remedy() =>
        Assert.Single(WalHeld.HarmfulGaps(Ledger, [BackupAt("0/2000028"), BackupAt("0/8000028") with { ChecksumFailureCount = 1 }]));

    [Fact]
    public void Without_a_backup_every_gap_is_harmful() => Assert.Single(WalHeld.HarmfulGaps(Ledger, []));

    private static SnapshotRecord BackupAt(string start) => new()
    {
        Id = "20261123T081900",
        System = LabFacts.System,
        Lineage = "line",
        ServerVersion = 150018,
        SegmentSize = WalSegmentSize.Default,
        StartLsn = Lsn.Parse(start),
        StartTimeline = TimelineId.First,
        StopLsn = Lsn.Parse(start) + 0x100,
        StopTimeline = TimelineId.First,
        StartedAt = LabFacts.Now,
        StoppedAt = LabFacts.Now,
        Bytes = 1,
        Files = 1,
    };
}
