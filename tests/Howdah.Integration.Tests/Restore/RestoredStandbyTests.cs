using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.Restore;

/// <summary>A snapshot restored as standby follows the running primary.</summary>
public sealed class RestoredStandbyTests
{
    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(18)]
    public async Task It_takes_from_the_repository_what_the_primary_has_no_more_and_then_streams(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        var snapshot = await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("insert into mark values (1)");
        await scene.Primary.ExecuteAsync("select pg_switch_wal()");
        await scene.Primary.ExecuteAsync("insert into mark values (2)");
        await scene.StoreWalAsync();
        await LoseWalAsync(scene, snapshot.Record.StopLsn);
        await scene.Primary.ExecuteAsync("select pg_create_physical_replication_slot('restored', true)");
        await scene.Primary.ExecuteAsync("insert into mark values (3)");

        await using var standby = await scene.RestoreAsync(RestoreTarget.Latest, options => options with
        {
            AsStandby = true,
            PrimaryConninfo = $"{scene.Primary.Conninfo} application_name=restored",
            PrimarySlotName = "restored",
        });
        Assert.True(File.Exists(Path.Combine(standby.DataDirectory, major < 12 ? "recovery.conf" : "standby.signal")));
        Assert.False(File.Exists(Path.Combine(standby.DataDirectory, "recovery.signal")));
        await standby.StartAgainAsync();
        await TestStandby.WaitForStreamingAsync(scene.Primary, "restored");
        Assert.Equal("True", await scene.Primary.ScalarAsync("select active from pg_replication_slots where slot_name = 'restored'"));

        await scene.Primary.ExecuteAsync("insert into mark values (4)");
        await TestStandby.WaitForReplayAsync(scene.Primary, standby);
        Assert.Equal("4", await standby.ScalarAsync("select count(*) from mark"));
        Assert.Equal("True", await standby.ScalarAsync("select pg_is_in_recovery()"));
    }

    /// <summary>Lets the primary remove the segment that recovery begins with, so that it can only come from the repository.</summary>
    private static async Task LoseWalAsync(RestoreScene scene, Lsn needed)
    {
        var name = WalSegment.Containing(TimelineId.First, needed, scene.Wal.SegmentSize).Name;
        var file = Path.Combine(scene.Primary.DataDirectory, "pg_wal", name);
        await scene.Primary.ExecuteAsync($"alter system set {(scene.Major >= 13 ? "wal_keep_size" : "wal_keep_segments")} = 0");
        await scene.Primary.ExecuteAsync("select pg_reload_conf()");
        await TestWait.UntilAsync($"the primary removes {name}", async () =>
        {
            await scene.Primary.ExecuteAsync("create table if not exists filler (x int); insert into filler values (1)");
            await scene.Primary.ExecuteAsync("select pg_switch_wal()");
            await scene.StoreWalAsync();
            await scene.Primary.ExecuteAsync("checkpoint");
            return !File.Exists(file);
        });
    }
}
