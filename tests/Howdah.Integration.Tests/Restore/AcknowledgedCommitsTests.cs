using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.ReceiveWal;
using Howdah.Operations.ReceiveWal;

namespace Howdah.Integration.Tests.Restore;

/// <summary>After a fault of the primary or of its slot a restore has every acknowledged commit, or says which it cannot have.</summary>
public sealed class AcknowledgedCommitsTests
{
    [Fact]
    public async Task None_is_missing_after_the_primary_was_frozen_thawed_and_killed()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        await scene.BackupAsync();
        await using var receiver = await RunningReceiver.StartAsync(
            scene.Primary, scene.Repository.Directory, RunningReceiver.Impatient);
        await receiver.WaitForCatchUpAsync(scene.Primary);
        await scene.Primary.ExecuteAsync("alter system set synchronous_standby_names = 'barman_receive_wal'");
        await scene.Primary.ExecuteAsync("select pg_reload_conf()");
        await using var load = await CommitLoad.StartAsync(() => scene.Primary.ConnectAsync(), clients: 4);
        await load.WaitForAsync(100);
        scene.Primary.Freeze();
        Assert.Equal(ErrorCodes.ServerTimeout, (await receiver.WaitForAsync(WalReceiverEventKind.Disconnected)).Error?.Code);
        scene.Primary.Thaw();
        await load.WaitForAsync(load.AcknowledgedCount + 100);
        await scene.Primary.KillAsync();
        await load.StopAsync();
        await receiver.StopAsync();
        await TestDirectory.GiveToServerUserAsync(scene.Repository.Directory);

        await using var restored = await scene.RestoreAndStartAsync(RestoreTarget.Latest);
        await RestoreScene.WaitForTargetAsync(restored);
        await using var connection = await restored.ConnectAsync();
        Assert.Empty(await load.MissingFromAsync(connection));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task What_a_dropped_slot_lost_is_told_and_a_newer_backup_has_it(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major, new Dictionary<string, string> { ["max_wal_size"] = "2MB" });
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        var old = await scene.BackupAsync();
        var held = await ReceiveAsync(scene, row: 1);
        await scene.Primary.ExecuteAsync("select pg_drop_replication_slot('receiver')");
        await scene.Primary.ExecuteAsync("insert into mark values (2)");
        var lost = await RestoreScene.NowAsync(scene.Primary);
        await LoseWalAsync(scene, held);
        await ReceiveAsync(scene, row: 3);
        var later = await RestoreScene.NowAsync(scene.Primary);
        await ReceiveAsync(scene, row: 4);
        await TestDirectory.GiveToServerUserAsync(scene.Repository.Directory);

        // The old backup leads as far as the hole, and says so; no moment behind it is promised.
        var plan = await scene.PlanAsync(RestoreTarget.Latest);
        Assert.Equal((old.Id, held), (plan.Snapshot.Id, plan.EndsAtGap));
        Assert.Contains($"the WAL has a gap from {held}", plan.Remarks[0], StringComparison.Ordinal);
        await ExpectRowsAsync(scene, "1");
        await RefusedAsync(scene, lost);
        await RefusedAsync(scene, later);

        var newer = await scene.BackupAsync();
        plan = await scene.PlanAsync(RestoreTarget.Latest);
        Assert.Equal((newer.Id, null), (plan.Snapshot.Id, plan.EndsAtGap));
        await ExpectRowsAsync(scene, "1,2,3,4");
        await RefusedAsync(scene, lost);
    }

    /// <summary>Commits a row while a receiver streams; answers up to where it has received.</summary>
    private static async Task<Lsn> ReceiveAsync(RestoreScene scene, int row)
    {
        await using var receiver = await RunningReceiver.StartAsync(scene.Primary, scene.Repository.Directory);
        await scene.Primary.ExecuteAsync($"insert into mark values ({row})");
        await receiver.WaitForCatchUpAsync(scene.Primary);
        await receiver.StopAsync();
        return receiver.Status.Flushed;
    }

    private static async Task LoseWalAsync(RestoreScene scene, Lsn held)
    {
        var name = WalSegment.Containing(TimelineId.First, held, scene.Wal.SegmentSize).Name;
        var file = Path.Combine(scene.Primary.DataDirectory, "pg_wal", name);
        await scene.Primary.ExecuteAsync($"alter system set {(scene.Major >= 13 ? "wal_keep_size" : "wal_keep_segments")} = 0");
        await scene.Primary.ExecuteAsync("select pg_reload_conf()");
        var round = 0;
        await TestWait.UntilAsync($"the primary removes {name}", async () =>
        {
            await ReceivedWal.WriteAsync(scene.Primary, $"filler{round++}", 4);
            await scene.Primary.ExecuteAsync("checkpoint");
            return !File.Exists(file);
        });
    }

    private static async Task ExpectRowsAsync(RestoreScene scene, string rows)
    {
        await using var server = await scene.RestoreAndStartAsync(RestoreTarget.Latest);
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal(rows, await server.ScalarAsync("select string_agg(n::text, ',' order by n) from mark"));
    }

    private static async Task RefusedAsync(RestoreScene scene, DateTimeOffset moment)
    {
        var target = new RestoreTarget { Kind = RestoreTargetKind.Time, Time = moment };
        var refused = await Assert.ThrowsAsync<OperationException>(() => scene.PlanAsync(target));
        Assert.Equal(ErrorCodes.RestoreTargetUnreachable, refused.Code);
    }
}
