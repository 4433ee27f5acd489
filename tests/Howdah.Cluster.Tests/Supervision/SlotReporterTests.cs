using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using Howdah.Core.Wal;
using static Howdah.Cluster.Tests.SeenCluster;

namespace Howdah.Cluster.Tests.Supervision;

public sealed class SlotReporterTests
{
    private const long MiB = 1 << 20;

    /// <summary>Ten MiB are written in the second between the looks; 1000 MiB are left of each slot's budget.</summary>
    [Theory]
    [InlineData(true, 10, SlotOutlook.KeepsUp, 100.0)]
    [InlineData(true, 5, SlotOutlook.FallsBehind, 200.0)]
    [InlineData(true, 0, SlotOutlook.FallsBehind, 100.0)]
    [InlineData(false, 0, SlotOutlook.FallsBehind, 100.0)]
    public void Every_slot_with_a_budget_has_a_time_to_trouble(bool isActive, int movedMiB, SlotOutlook outlook, double seconds)
    {
        var slot = Report(10, Far(0) with { IsActive = isActive }, Far(movedMiB) with { IsActive = isActive });
        Assert.Equal((outlook, TimeSpan.FromSeconds(seconds)), (slot.Outlook, slot.TimeToTrouble));
    }

    [Fact]
    public void A_follower_that_is_less_than_a_segment_behind_keeps_up()
    {
        var near = new Lsn(Position - (ulong)MiB);
        var slot = Report(10, Far(0) with { RestartLsn = near }, Far(0) with { RestartLsn = near });
        Assert.Equal((SlotOutlook.KeepsUp, TimeSpan.FromSeconds(100)), (slot.Outlook, slot.TimeToTrouble));
    }

    [Fact]
    public void Where_nothing_is_written_or_nothing_ends_a_slot_there_is_no_time_and_that_is_said()
    {
        var idle = Far(0) with { IsActive = false };
        Assert.Equal((SlotOutlook.Quiet, null), Outcome(Report(0, idle, idle)));
        Assert.Equal((SlotOutlook.KeepsUp, null), Outcome(Report(0, Far(0), Far(0))));
        var unlimited = Far(0) with { WalStatus = null, SafeWalBytes = null };
        Assert.Equal((SlotOutlook.NoLimit, null), Outcome(Report(10, unlimited, unlimited)));
        var lost = Far(0) with { WalStatus = "lost" };
        Assert.Equal((SlotOutlook.Lost, null), Outcome(Report(10, lost, lost)));
    }

    [Fact]
    public void A_look_that_another_host_tells_twice_says_nothing_of_a_rate()
    {
        var idle = Far(0) with { IsActive = false };
        var first = Look(idle, Position);
        var again = first with { At = Now.AddSeconds(1), Hosts = [Host with { Age = TimeSpan.FromSeconds(1) }] };
        Assert.Equal(SlotOutlook.Unknown, SlotReporter.Report(first, again)[0].Outlook);

        // It was told late: ten seconds lie between the looks, though we asked within one.
        var late = Look(idle, Position + (ulong)(100 * MiB)) with { At = Now.AddSeconds(1) };
        var before = first with { Hosts = [Host with { Age = TimeSpan.FromSeconds(9) }] };
        Assert.Equal(
            (SlotOutlook.FallsBehind, TimeSpan.FromSeconds(100)), Outcome(SlotReporter.Report(before, late)[0]));
    }

    private const ulong Position = 1UL << 32;

    /// <summary>A slot 200 MiB back, or a little less.</summary>
    private static ObservedSlot Far(int movedMiB) =>
        Slot("slave") with { RestartLsn = new Lsn(Position - (ulong)((200 - movedMiB) * MiB)), SafeWalBytes = 1000 * MiB };

    private static SlotReport Report(int writtenMiB, ObservedSlot before, ObservedSlot now) => SlotReporter.Report(
        Look(before, Position), Look(now, Position + (ulong)(writtenMiB * MiB)) with { At = Now.AddSeconds(1) })[0];

    private static ObservedCluster Look(ObservedSlot slot, ulong position) => Well(master: node => node with
    {
        Answers = node.Answers! with { Position = new Lsn(position), Slots = [slot] },
    });

    private static (SlotOutlook Outlook, TimeSpan? Time) Outcome(SlotReport slot) => (slot.Outlook, slot.TimeToTrouble);
}
