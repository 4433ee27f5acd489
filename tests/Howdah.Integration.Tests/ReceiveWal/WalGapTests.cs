using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.ReceiveWal;

namespace Howdah.Integration.Tests.ReceiveWal;

public sealed class WalGapTests
{
    internal static readonly Dictionary<string, string> LittleWal = new()
    {
        ["max_wal_size"] = "2MB",
        ["min_wal_size"] = "2MB",
        ["checkpoint_timeout"] = "1h",
    };

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_slot_that_was_dropped_leaves_a_recorded_hole(int major)
    {
        await using var server = await TestServer.StartAsync(
            new TestServerOptions(major) { SegmentSizeMegabytes = 1, Settings = LittleWal });
        await using var directory = await TestDirectory.CreateAsync("wal");
        var held = await ReceiveSomeAsync(server, directory);
        await server.ExecuteAsync("select pg_drop_replication_slot('receiver')");
        await LoseWalAsync(server, held);

        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        await receiver.WaitForCatchUpAsync(server);
        Assert.True((await receiver.WaitForAsync(WalReceiverEventKind.SlotCreated)).IsAlarm);
        await AssertHoleAsync(receiver, server, held);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task A_slot_that_was_invalidated_leaves_a_recorded_hole(int major)
    {
        var settings = new Dictionary<string, string>(LittleWal) { ["max_slot_wal_keep_size"] = "2MB" };
        await using var server = await TestServer.StartAsync(
            new TestServerOptions(major) { SegmentSizeMegabytes = 1, Settings = settings });
        await using var directory = await TestDirectory.CreateAsync("wal");
        var held = await ReceiveSomeAsync(server, directory);
        await LoseWalAsync(server, held);
        Assert.Equal("lost", await server.ScalarAsync("select wal_status from pg_replication_slots"));

        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        await receiver.WaitForCatchUpAsync(server);
        Assert.Equal(major >= 18, receiver.Events.Any(happened => happened.Kind == WalReceiverEventKind.SlotReplaced));
        await AssertHoleAsync(receiver, server, held);
    }

    internal static async Task<Lsn> ReceiveSomeAsync(TestServer server, TestDirectory directory)
    {
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        await ReceivedWal.WriteAsync(server, "before", 2);
        await receiver.WaitForCatchUpAsync(server);
        await receiver.StopAsync();
        return receiver.Status.Flushed;
    }

    /// <summary>Writes until the server has removed the segment of a position.</summary>
    internal static async Task LoseWalAsync(TestServer server, Lsn held)
    {
        var name = WalSegment.Containing(TimelineId.First, held, new WalSegmentSize(1 << 20)).Name;
        var file = Path.Combine(server.DataDirectory, "pg_wal", name);
        var round = 0;
        await TestWait.UntilAsync($"the server removes {name}", async () =>
        {
            await ReceivedWal.WriteAsync(server, $"after{round++}", 4);
            await server.ExecuteAsync("checkpoint");
            return !File.Exists(file);
        });
    }

    private static async Task AssertHoleAsync(RunningReceiver receiver, TestServer server, Lsn held)
    {
        var alarm = await receiver.WaitForAsync(WalReceiverEventKind.GapRecorded);
        Assert.True(alarm.IsAlarm);
        Assert.Equal(held, alarm.Range?.Start);
        await receiver.StopAsync();
        await ReceivedWal.CompareAsync(receiver.Store, server, receiver.Status.Flushed);
        var timeline = Assert.Single((await receiver.Store.ReadLedgerAsync(TestEnvironment.Stop)).Timelines);
        // A checkpoint removes segments in the order of its directory, so the hole may have islands that could still be had.
        Assert.Equal(alarm.Range?.End, timeline.Gaps[0].Range.End);
        Assert.All(timeline.Gaps, gap => Assert.Contains("has already been removed", gap.Reason, StringComparison.Ordinal));
        Assert.Equal(
            timeline.Gaps.Count, receiver.Events.Count(happened => happened.Kind == WalReceiverEventKind.GapRecorded && happened.IsAlarm));
        Assert.Single(LsnRanges.Normalize(timeline.Ranges.Concat(timeline.Gaps.Select(gap => gap.Range))));
    }
}
