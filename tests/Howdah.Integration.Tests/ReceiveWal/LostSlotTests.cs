using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>A slot that is lost while the receiver lives and holds its connection, but is too slow: frozen, here.</summary>
public sealed class LostSlotTests
{
    [Theory]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task A_slot_that_is_invalidated_under_the_receiver_leaves_a_recorded_hole(int major)
    {
        var settings = new Dictionary<string, string>(WalGapTests.LittleWal) { ["max_slot_wal_keep_size"] = "2MB" };
        await using var server = await TestServer.StartAsync(
            new TestServerOptions(major) { SegmentSizeMegabytes = 1, Settings = settings });
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = ReceiverProcess.Start(server, directory.File("repository"));
        var held = await FreezeAsync(receiver, server);
        var round = 0;
        await TestWait.UntilAsync("the slot is lost, and its walsender gone", async () =>
        {
            await ReceivedWal.WriteAsync(server, $"during{round++}", 4);
            await server.ExecuteAsync("checkpoint");
            return await server.ScalarAsync("select wal_status from pg_replication_slots where active_pid is null") == "lost";
        });
        await AssertHoleAsync(receiver, server, directory, held);
        Assert.Equal(major >= 18, receiver.Told.Any(line => line.StartsWith("ALARM SlotReplaced", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_slot_that_is_dropped_under_the_receiver_leaves_a_recorded_hole(int major)
    {
        await using var server = await TestServer.StartAsync(
            new TestServerOptions(major) { SegmentSizeMegabytes = 1, Settings = WalGapTests.LittleWal });
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = ReceiverProcess.Start(server, directory.File("repository"));
        var held = await FreezeAsync(receiver, server);
        await server.ExecuteAsync("select pg_terminate_backend(active_pid) from pg_replication_slots");
        await TestWait.UntilAsync("the walsender is gone", async () => await server.ScalarAsync(
            "select count(*) from pg_replication_slots where active_pid is null") == "1");
        await server.ExecuteAsync("select pg_drop_replication_slot('receiver')");
        await AssertHoleAsync(receiver, server, directory, held);
        Assert.Contains(receiver.Told, line => line.StartsWith("ALARM SlotCreated", StringComparison.Ordinal));
    }

    private static async Task<Lsn> FreezeAsync(ReceiverProcess receiver, TestServer server)
    {
        await TestStandby.WaitForStreamingAsync(server, "barman_receive_wal");
        await ReceivedWal.WriteAsync(server, "before", 2);
        var held = await receiver.WaitForCatchUpAsync(server);
        receiver.Freeze();
        return held;
    }

    private static async Task AssertHoleAsync(ReceiverProcess receiver, TestServer server, TestDirectory directory, Lsn held)
    {
        // All that the dead connection still holds for the receiver lies before this position.
        var last = Lsn.Parse((await server.ScalarAsync("select pg_current_wal_flush_lsn()::text"))!);
        await WalGapTests.LoseWalAsync(server, last);
        receiver.Thaw();
        var end = await receiver.WaitForCatchUpAsync(server);
        Assert.Equal("1", await server.ScalarAsync(
            "select count(*) from pg_replication_slots where slot_name = 'receiver' and active and restart_lsn is not null"));
        await receiver.KillAsync();

        var store = await RunningReceiver.StoreOfAsync(server, directory.File("repository"));
        await ReceivedWal.CompareAsync(store, server, end);
        var timeline = Assert.Single((await store.ReadLedgerAsync(TestEnvironment.Stop)).Timelines);
        var alarms = receiver.Told.Where(line => line.StartsWith("ALARM GapRecorded", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(alarms);
        Assert.Equal(alarms.Count, timeline.Gaps.Count);
        Assert.All(timeline.Gaps, gap => Assert.Equal(WalGapOrigin.Recorded, gap.Origin));
        Assert.All(timeline.Gaps, gap => Assert.Contains("has already been removed", gap.Reason, StringComparison.Ordinal));
        // Nothing that was acknowledged is lost, and every byte since is either held or in a recorded gap.
        Assert.True(timeline.Ranges[0].End + 8192 >= held, $"{timeline.Ranges[0]} is held, {held} was acknowledged");
        var known = Assert.Single(LsnRanges.Normalize(timeline.Ranges.Concat(timeline.Gaps.Select(gap => gap.Range))));
        Assert.True(known.End + 8192 >= end, $"{known} is held or known to be lost, {end} was acknowledged");
    }
}
