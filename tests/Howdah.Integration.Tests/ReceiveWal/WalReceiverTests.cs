using System.Diagnostics;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.ReceiveWal;

namespace Howdah.Integration.Tests.ReceiveWal;

public sealed class WalReceiverTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Segments_are_received_byte_by_byte_also_after_a_pause(int major)
    {
        await using var server = await TestServer.StartAsync(Small(major));
        await using var directory = await TestDirectory.CreateAsync("wal");
        for (var round = 0; round < 3; round++)
        {
            await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
            await ReceivedWal.WriteAsync(server, $"t{round}");
            await receiver.WaitForCatchUpAsync(server);
            Assert.Equal(WalReceiverState.Streaming, receiver.Status.State);
            Assert.Equal(TimelineId.First, receiver.Status.Timeline);
            await receiver.StopAsync();
            Assert.True(await ReceivedWal.CompareAsync(receiver.Store, server, receiver.Status.Flushed) >= 3);
            var ledger = await receiver.Store.ReadLedgerAsync(TestEnvironment.Stop);
            Assert.Empty(Assert.Single(ledger.Timelines).Gaps);
            Assert.DoesNotContain(receiver.Events, happened => happened.IsAlarm);
        }
    }

    [Fact]
    public async Task Segments_of_64_MiB_are_received_and_confirmed_on_the_way()
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions { SegmentSizeMegabytes = 64 });
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        await server.ExecuteAsync("create table half as select repeat(md5(x::text), 64) from generate_series(1, 16000) x");
        await receiver.WaitForCatchUpAsync(server);
        Assert.Equal("000000010000000000000001.partial", Path.GetFileName(
            Assert.Single(Directory.GetFiles(receiver.Store.Directory, "0*.partial", SearchOption.AllDirectories))));
        await server.ExecuteAsync("create table rest as select * from half");
        await receiver.WaitForCatchUpAsync(server);
        await receiver.StopAsync();
        Assert.True(await ReceivedWal.CompareAsync(receiver.Store, server, receiver.Status.Flushed) >= 1);
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task The_first_start_is_at_WAL_that_the_slot_keeps(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        await receiver.WaitForCatchUpAsync(server);
        await receiver.StopAsync();

        var commands = (await server.ReadLogAsync()).Split('\n')
            .Where(line => line.Contains("received replication command", StringComparison.Ordinal)).ToList();
        var created = commands.FindIndex(line => line.Contains("CREATE_REPLICATION_SLOT", StringComparison.Ordinal));
        var started = commands.FindIndex(line => line.Contains("START_REPLICATION", StringComparison.Ordinal));
        var asked = commands.FindLastIndex(started, line =>
            line.Contains("IDENTIFY_SYSTEM", StringComparison.Ordinal) || line.Contains("READ_REPLICATION_SLOT", StringComparison.Ordinal));
        Assert.True(created >= 0 && created < asked, string.Join('\n', commands));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Commits_wait_for_the_receiver_and_not_for_long(int major)
    {
        await using var server = await TestServer.StartAsync(Small(major));
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        await TestWait.UntilAsync("streaming", () => receiver.Status.State == WalReceiverState.Streaming);
        await server.ExecuteAsync("alter system set synchronous_standby_names = 'ANY 1 (barman_receive_wal)'");
        await server.ExecuteAsync("select pg_reload_conf()");
        await TestWait.UntilAsync(
            "it counts as synchronous", async () => await server.ScalarAsync("select sync_state from pg_stat_replication") == "quorum");
        await server.ExecuteAsync("create table t (x int)");
        foreach (var level in new[] { "on", "remote_write", "remote_apply" })
        {
            for (var i = 0; i < 10; i++)
            {
                await server.ExecuteAsync($"set synchronous_commit = {level}; insert into t values ({i})");
                var committed = Lsn.Parse((await server.ScalarAsync("select pg_current_wal_insert_lsn()::text"))!);
                Assert.True(receiver.Status.Flushed.BytesSince(Lsn.None) > 0 && receiver.Status.Flushed + 200_000 > committed);
            }
        }

        Assert.Equal("barman_receive_wal", await server.ScalarAsync(
            "select application_name from pg_stat_replication where flush_lsn = replay_lsn"));
        await receiver.StopAsync();
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_primary_that_shuts_down_does_not_wait_and_its_last_byte_is_held(int major)
    {
        await using var server = await TestServer.StartAsync(Small(major));
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        await ReceivedWal.WriteAsync(server, "t", 1);
        await receiver.WaitForCatchUpAsync(server);
        var watch = Stopwatch.StartNew();
        await server.StopAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"took {watch.Elapsed}");
        await receiver.WaitForAsync(WalReceiverEventKind.Disconnected);
        await server.StartAgainAsync();
        await ReceivedWal.WriteAsync(server, "u", 1);
        await receiver.WaitForCatchUpAsync(server);
        await receiver.StopAsync();
        await ReceivedWal.CompareAsync(receiver.Store, server, receiver.Status.Flushed);
        Assert.DoesNotContain(receiver.Events, happened => happened.IsAlarm);
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_promotion_is_followed_and_the_history_stored(int major)
    {
        await using var primary = await TestServer.StartAsync(Small(major));
        await using var standby = await TestStandby.CreateAsync(primary);
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(standby, directory.File("repository"));
        await ReceivedWal.WriteAsync(primary, "t");
        await TestStandby.WaitForReplayAsync(primary, standby);
        await primary.KillAsync();
        await standby.PromoteAsync();
        await ReceivedWal.WriteAsync(standby, "u");
        await receiver.WaitForCatchUpAsync(standby);
        Assert.Equal(new TimelineId(2), receiver.Status.Timeline);
        await receiver.StopAsync();
        var stored = await File.ReadAllBytesAsync(receiver.Store.HistoryPath(new TimelineId(2)), TestEnvironment.Stop);
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(standby.DataDirectory, "pg_wal", "00000002.history"), TestEnvironment.Stop), stored);
        Assert.True(await ReceivedWal.CompareAsync(receiver.Store, standby, receiver.Status.Flushed) >= 3);
        var ledger = await receiver.Store.ReadLedgerAsync(TestEnvironment.Stop);
        Assert.All(ledger.Timelines, timeline => Assert.Empty(timeline.Gaps));
    }

    [Fact]
    public async Task A_receiver_that_is_ahead_of_the_promoted_standby_goes_over_and_tells()
    {
        await using var primary = await TestServer.StartAsync(Small(15));
        await using var standby = await TestStandby.CreateAsync(primary);
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using (var first = await RunningReceiver.StartAsync(primary, directory.File("repository")))
        {
            await ReceivedWal.WriteAsync(primary, "t", 1);
            await TestStandby.WaitForReplayAsync(primary, standby);
            await standby.StopAsync();
            await ReceivedWal.WriteAsync(primary, "lost", 4);
            await first.WaitForCatchUpAsync(primary);
            await first.StopAsync();
        }

        await primary.KillAsync();
        await standby.StartAgainAsync();
        await standby.PromoteAsync();
        await using (var receiver = await RunningReceiver.StartAsync(standby, directory.File("repository")))
        {
            await ReceivedWal.WriteAsync(standby, "u", 1);
            await receiver.WaitForCatchUpAsync(standby);
            Assert.True((await receiver.WaitForAsync(WalReceiverEventKind.Diverged)).IsAlarm);
            Assert.Equal(new TimelineId(2), receiver.Status.Timeline);
            await receiver.StopAsync();
        }

        // What it left behind on the other branch goes further than what it has of this one, and is no news.
        await using var again = await RunningReceiver.StartAsync(standby, directory.File("repository"));
        Assert.Equal(TimelineId.First, again.Store.FindResumePoint()!.Value.Timeline);
        await ReceivedWal.WriteAsync(standby, "v", 1);
        await again.WaitForCatchUpAsync(standby);
        Assert.DoesNotContain(again.Events, happened => happened.Kind == WalReceiverEventKind.Diverged);
        await again.StopAsync();
        await ReceivedWal.CompareAsync(again.Store, standby, again.Status.Flushed);
    }

    [Fact]
    public async Task A_frozen_primary_is_given_up_and_found_again()
    {
        await using var server = await TestServer.StartAsync(Small(15));
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"), RunningReceiver.Impatient);
        await receiver.OutliveFreezeAsync(server);
        await receiver.StopAsync();
    }

    [Fact]
    public async Task A_silent_but_living_primary_is_not_given_up()
    {
        await using var server = await TestServer.StartAsync(
            Small(15) with { Settings = new Dictionary<string, string> { ["wal_sender_timeout"] = "0" } });
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"), options => options with
        {
            ServerTimeout = TimeSpan.FromMilliseconds(600),
            StatusInterval = TimeSpan.FromMilliseconds(100),
        });
        await receiver.WaitForCatchUpAsync(server);
        var since = receiver.Status.ConnectedSince;
        var watch = Stopwatch.StartNew();
        await TestWait.UntilAsync("three timeouts have passed", () => watch.Elapsed > TimeSpan.FromSeconds(2));
        Assert.Equal(since, receiver.Status.ConnectedSince);
        Assert.DoesNotContain(receiver.Events, happened => happened.Kind == WalReceiverEventKind.Disconnected);
        await receiver.StopAsync();
    }

    [Fact]
    public async Task A_foreign_server_and_a_second_receiver_are_refused()
    {
        await using var server = await TestServer.StartAsync(Small(15));
        await using var foreign = await TestServer.StartAsync(Small(15) with { OwnSystemIdentifier = true });
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using (var receiver = await RunningReceiver.StartAsync(server, directory.File("repository")))
        {
            await receiver.WaitForCatchUpAsync(server);
            await using var second = await RunningReceiver.StartAsync(server, directory.File("repository"));
            Assert.Equal(ErrorCodes.Locked, (await Assert.ThrowsAsync<OperationException>(() => second.Running)).Code);
            await receiver.StopAsync();
        }

        await using var wrong = await RunningReceiver.StartAsync(
            server, directory.File("repository"), options => options with { Connection = RunningReceiver.Options(foreign).Connection });
        Assert.Equal(ErrorCodes.ForeignSystem, (await Assert.ThrowsAsync<OperationException>(() => wrong.Running)).Code);
    }

    [Fact]
    public async Task A_full_disk_is_reported_and_receiving_goes_on_when_there_is_room()
    {
        await using var server = await TestServer.StartAsync(Small(15));
        await using var disk = await SmallDisk.MountAsync(4);
        await using var receiver = await RunningReceiver.StartAsync(server, Path.Combine(disk.Path, "repository"));
        await ReceivedWal.WriteAsync(server, "t", 6);
        await TestWait.UntilAsync("the disk is full", () => receiver.Status.LastError?.Code == ErrorCodes.DiskFull);
        var end = Lsn.Parse((await server.ScalarAsync("select pg_current_wal_flush_lsn()::text"))!);
        Assert.True(receiver.Status.Flushed < end);
        Assert.Equal(
            receiver.Status.Flushed.ToString(),
            Lsn.Parse((await server.ScalarAsync("select restart_lsn::text from pg_replication_slots"))!).ToString());
        await disk.GrowAsync(64);
        await receiver.WaitForCatchUpAsync(server);
        await receiver.StopAsync();
        Assert.Empty((await receiver.Store.ReadLedgerAsync(TestEnvironment.Stop)).Timelines[0].Gaps);
    }

    private static TestServerOptions Small(int major) => new(major) { SegmentSizeMegabytes = 1 };
}
