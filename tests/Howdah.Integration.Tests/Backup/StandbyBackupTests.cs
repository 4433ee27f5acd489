using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.ReceiveWal;
using Howdah.Integration.Tests.Restore;
using Howdah.Operations.Backup;
using Howdah.Operations.VerifySnapshot;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Integration.Tests.Backup;

/// <summary>Base backups of a server in recovery.</summary>
public sealed class StandbyBackupTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_backup_of_a_standby_under_load_restores_every_commit(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await using var receiver = await RunningReceiver.StartAsync(scene.Primary, scene.Repository.Directory);
        await receiver.WaitForCatchUpAsync(scene.Primary);
        var standby = await TestStandby.CreateAsync(scene.Primary);
        scene.Own(standby);

        // Nobody writes: what the backup needs must have arrived without a segment switch.
        await scene.BackupAsync(standby, request => request with { Wal = Ledger(scene) });

        await using var load = await CommitLoad.StartAsync(() => scene.Primary.ConnectAsync(), clients: 2);
        await load.WaitForAsync(50);
        await TestStandby.WaitForReplayAsync(scene.Primary, standby);
        var snapshot = await scene.BackupAsync(standby, request => request with { Wal = Ledger(scene) });
        await load.WaitForAsync(load.AcknowledgedCount + 50);
        await load.StopAsync();
        await receiver.WaitForCatchUpAsync(scene.Primary);
        await receiver.StopAsync();
        await TestDirectory.GiveToServerUserAsync(scene.Repository.Directory);

        Assert.True(snapshot.Record.IsClean());
        Assert.True(snapshot.Record.StartLsn < snapshot.Record.StopLsn);
        Assert.True(BackupLabel.Parse(
            await File.ReadAllBytesAsync(Path.Combine(snapshot.DataDirectory, BackupLabel.FileName), TestEnvironment.Stop)).FromStandby);
        Assert.Empty(new SnapshotVerifier(snapshot).Run(TestEnvironment.Stop));

        await using var latest = await scene.RestoreAndStartAsync(RestoreTarget.Latest);
        await RestoreScene.WaitForTargetAsync(latest);
        await using (var connection = await latest.ConnectAsync())
            Assert.Empty(await load.MissingFromAsync(connection));
        await AssertAloneAsync(latest);
        await latest.StopAsync();

        var immediate = new RestoreTarget { Kind = RestoreTargetKind.Immediate, Action = RecoveryAction.Promote };
        await using var earliest = await scene.RestoreAndStartAsync(immediate);
        await RestoreScene.WaitForTargetAsync(earliest);
        Assert.NotEqual("0", await earliest.ScalarAsync("select count(*) from commits"));
        await AssertAloneAsync(earliest);
        Assert.Equal("standby", await scene.Primary.ScalarAsync("select application_name from pg_stat_replication"));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_promotion_during_the_backup_of_a_standby_fails_it_and_leaves_nothing(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await BackupScene.FillAsync(scene.Primary);
        var standby = await TestStandby.CreateAsync(scene.Primary);
        scene.Own(standby);
        await using var receiver = await RunningReceiver.StartAsync(standby, scene.Repository.Directory);
        var promotion = Task.CompletedTask;
        var observer = new ActAt(BackupPhase.Receiving, 4 << 20, () => promotion = standby.PromoteAsync());

        // Slow enough for a promotion before the last file.
        var error = await Assert.ThrowsAsync<OperationException>(() => scene.BackupAsync(
            standby, request => request with { RateLimit = new ByteSize(10 << 20), Wal = Ledger(scene) }, observer));
        Assert.Equal(ErrorCodes.ServerError, error.Code);
        Assert.Contains("the standby was promoted during online backup", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scene.Repository.Snapshots.Directory));
        Assert.True(observer.Acted);
        await promotion;

        // The receiver has followed, so the next one is a snapshot of the new timeline.
        var snapshot = await scene.BackupAsync(standby, request => request with { Wal = Ledger(scene) });
        Assert.Equal(new TimelineId(2), snapshot.Record.StartTimeline);
        Assert.Equal(snapshot.Id, Assert.Single(await scene.Repository.Snapshots.ListAsync(TestEnvironment.Stop)).Id);
        await receiver.StopAsync();
    }

    private static LedgerWalArrival Ledger(RestoreScene scene) => new(scene.Wal, TimeProvider.System, TimeSpan.FromSeconds(30));

    /// <summary>The copied settings of a standby would make it follow the primary.</summary>
    private static async Task AssertAloneAsync(TestServer restored)
    {
        Assert.Equal("False", await restored.ScalarAsync("select pg_is_in_recovery()"));
        Assert.Equal("0", await restored.ScalarAsync("select count(*) from pg_stat_wal_receiver"));
    }
}
