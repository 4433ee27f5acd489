using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Integration.Tests.Cluster;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.ReceiveWal;
using Howdah.Operations.FetchWal;
using Howdah.Operations.Restore;
using Howdah.Postgres.Server;
using Howdah.Repository;

namespace Howdah.Integration.Tests.Restore;

/// <summary>What is promised can be had: each moment between the two that status names.</summary>
public sealed class PromisedMomentTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_moment_after_the_last_commit_is_restored_and_nothing_that_came_later(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        await scene.BackupAsync();
        await scene.StoreWalAsync();
        DateTimeOffset quiet;
        await using (var receiver = await RunningReceiver.StartAsync(scene.Primary, scene.Repository.Directory))
        {
            await scene.Primary.ExecuteAsync("insert into mark values (1)");
            quiet = await RestoreScene.NowAsync(scene.Primary);
            await TestWait.UntilAsync(
                "the server has confirmed that nothing followed",
                () => scene.Wal.ReadLedger().Complete is { } known && known.Until > quiet);
            await receiver.StopAsync();
        }

        await TestDirectory.GiveToServerUserAsync(scene.Repository.Directory);
        var target = new RestoreTarget { Kind = RestoreTargetKind.Time, Time = quiet };
        var early = await scene.RestoreAsync(target);
        await scene.Primary.ExecuteAsync("insert into mark values (2)");
        await scene.StoreWalAsync();

        // Planned before the second row came, started after it.
        await early.StartAgainAsync();
        await RestoreScene.WaitForTargetAsync(early);
        Assert.Equal("1", await early.ScalarAsync("select count(*) from mark"));
        Assert.Equal("True", await early.ScalarAsync("select pg_is_in_recovery()"));

        await using var late = await scene.RestoreAndStartAsync(target with { Action = RecoveryAction.Promote });
        await RestoreScene.WaitForTargetAsync(late);
        Assert.Equal("1", await late.ScalarAsync("select count(*) from mark"));
    }

    [Fact]
    public async Task Status_promises_what_restore_accepts_also_when_the_primary_is_down()
    {
        if (await Server.Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(SupportedMajors.Default);
        await lab.UpAsync();
        var up = (await lab.Operations().StatusAsync(lab.Token)).Backup;
        var (from, to) = (up.RestorableFrom!.Value, up.RestorableTo!.Value);
        foreach (var moment in new[] { from, from + ((to - from) / 2), to })
            Assert.Equal(moment, (await PlanAsync(lab, moment)).ReachedTime);
        var refused = await Assert.ThrowsAsync<OperationException>(() => PlanAsync(lab, to.AddSeconds(30)));
        Assert.Equal(ErrorCodes.RestoreTargetUnreachable, refused.Code);

        await lab.StopAsync(lab.Master.DataDirectory);
        var down = await lab.Operations().StatusAsync(lab.Token);
        Assert.Equal(ServerState.Stopped, down.Nodes[0].State);
        Assert.Equal((from, true), (down.Backup.RestorableFrom, down.Backup.RestorableTo >= to));

        await lab.StopAsync(lab.Slave.DataDirectory);
        var dark = (await lab.Operations().StatusAsync(lab.Token)).Backup;
        Assert.Equal((from, down.Backup.RestorableTo, 1), (dark.RestorableFrom, dark.RestorableTo, dark.Snapshots));
    }

    private static Task<RestorePlan> PlanAsync(ClusterLab lab, DateTimeOffset moment)
    {
        var repository = BackupRepository.Open(lab.Model.Backup.RepositoryDirectory, PartialFrontier.Options(TimeProvider.System));
        var target = new RestoreTarget { Kind = RestoreTargetKind.Time, Time = moment };
        var options = new RestoreOptions(Path.Combine(lab.Directory, "restored"), target) { FetchProgram = BuiltProgram.Path };
        return new RestoreOperation(repository, options, TimeProvider.System).PlanAsync(lab.Token);
    }
}
