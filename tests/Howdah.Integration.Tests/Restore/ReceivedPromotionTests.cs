using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.ReceiveWal;

namespace Howdah.Integration.Tests.Restore;

/// <summary>Restores around a promotion, from what our own receiver stored of both timelines.</summary>
public sealed class ReceivedPromotionTests
{
    [Theory]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_moment_on_either_side_of_the_promotion_is_restored(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        var (before, after) = await PromoteAsync(scene);
        Assert.All((await scene.Wal.ReadLedgerAsync(TestEnvironment.Stop)).Timelines, static timeline => Assert.Empty(timeline.Gaps));

        await ExpectAsync(scene, before, rows: 1, branchesOff: 1);
        await ExpectAsync(scene, after, rows: 3, branchesOff: 2);
        await ExpectAsync(scene, moment: null, rows: 4, branchesOff: 2);
    }

    [Fact]
    public async Task What_branched_off_before_the_promotion_is_received_and_restored_again()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        var (before, _) = await PromoteAsync(scene);

        await using var branch = await scene.RestoreAndStartAsync(Promoted(before));
        await RestoreScene.WaitForTargetAsync(branch);
        await ReceiveAsync(scene, branch, first: 5, new TimelineId(3));
        await TestDirectory.GiveToServerUserAsync(scene.Repository.Directory);
        await using var server = await scene.RestoreAndStartAsync(RestoreTarget.Latest);
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal("1,5,6", await server.ScalarAsync("select string_agg(n::text, ',' order by n) from mark"));
    }

    /// <summary>A backup, rows 1 and 2, a promotion, rows 3 and 4, all received; a moment before it and one after.</summary>
    private static async Task<(DateTimeOffset Before, DateTimeOffset After)> PromoteAsync(RestoreScene scene)
    {
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        await scene.BackupAsync();
        var standby = await TestStandby.CreateAsync(scene.Primary);
        scene.Own(standby);
        var before = await ReceiveAsync(scene, scene.Primary, first: 1, TimelineId.First);
        await TestStandby.WaitForReplayAsync(scene.Primary, standby);
        await scene.Primary.KillAsync();
        await standby.PromoteAsync();
        var after = await ReceiveAsync(scene, standby, first: 3, new TimelineId(2));
        await TestDirectory.GiveToServerUserAsync(scene.Repository.Directory);
        return (before, after);
    }

    private static RestoreTarget Promoted(DateTimeOffset moment) =>
        new() { Kind = RestoreTargetKind.Time, Time = moment, Action = RecoveryAction.Promote };

    /// <summary>Writes two rows while a receiver streams from the server; answers a moment between them.</summary>
    private static async Task<DateTimeOffset> ReceiveAsync(RestoreScene scene, TestServer server, int first, TimelineId timeline)
    {
        await using var receiver = await RunningReceiver.StartAsync(server, scene.Repository.Directory);
        await server.ExecuteAsync($"insert into mark values ({first})");
        var between = await RestoreScene.NowAsync(server);
        await server.ExecuteAsync($"insert into mark values ({first + 1})");
        await receiver.WaitForCatchUpAsync(server);
        Assert.Equal(timeline, receiver.Status.Timeline);
        await receiver.StopAsync();
        return between;
    }

    /// <summary>Restores and promotes: the new timeline's history tells which one the copy was on.</summary>
    private static async Task ExpectAsync(RestoreScene scene, DateTimeOffset? moment, int rows, int branchesOff)
    {
        await using var server = await scene.RestoreAndStartAsync(moment is { } time ? Promoted(time) : RestoreTarget.Latest);
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal($"{rows}", await server.ScalarAsync("select count(*) from mark"));
        Assert.Equal("00000003", await server.ScalarAsync("select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"));
        var history = await File.ReadAllTextAsync(Path.Combine(server.DataDirectory, "pg_wal", "00000003.history"));
        Assert.StartsWith($"{branchesOff}\t", history.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
    }
}
