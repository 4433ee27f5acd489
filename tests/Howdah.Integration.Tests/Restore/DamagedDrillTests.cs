using Howdah.Core.Wal;
using Howdah.Integration.Tests.Backup;
using Howdah.Integration.Tests.Cluster;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Operations.Drill;
using Howdah.Operations.FetchWal;
using Howdah.Repository;
using Howdah.Repository.Drills;

namespace Howdah.Integration.Tests.Restore;

/// <summary>A drill finds the damage that it is there to find, says where it is, and is remembered as failed.</summary>
public sealed class DamagedDrillTests
{
    private const string Fill = "create table item as select n, md5(n::text) as text from generate_series(1, 5000) as n";

    [Fact]
    public async Task A_flipped_bit_in_a_page_of_the_snapshot()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        await scene.Primary.ExecuteAsync(Fill);
        var path = (await scene.Primary.ScalarAsync("select pg_relation_filepath('item')"))!;
        var snapshot = await scene.BackupAsync();
        BackupScene.Damage(snapshot.DataDirectory, path, block: 3);

        var record = await FailedDrillAsync(scene);
        Assert.Contains($"snapshot {snapshot.Id} is damaged: {path}", record.Failure, StringComparison.Ordinal);
        // What was tried is known although it failed.
        Assert.Equal((snapshot.Id, snapshot.Record.System, TimelineId.First), (record.Snapshot, record.System, record.Timeline));
    }

    [Fact]
    public async Task A_page_that_was_damaged_before_it_was_backed_up()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        await scene.Primary.ExecuteAsync(Fill);
        var path = (await scene.Primary.ScalarAsync("select pg_relation_filepath('item')"))!;
        await scene.Primary.ExecuteAsync("checkpoint");
        BackupScene.Damage(scene.Primary.DataDirectory, path, block: 3);
        await scene.BackupAsync();

        var record = await FailedDrillAsync(scene);
        Assert.Null(record.Failure);
        Assert.Equal("1 pages do not match their checksums", record.WhatFailed());
        var failure = Assert.Single(record.ChecksumFailures);
        Assert.Equal((path, 3u), (failure.File, failure.Block));
        Assert.NotEqual(failure.Stored, failure.Computed);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_flipped_bit_in_the_WAL_behind_the_snapshot(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("insert into mark values (1)");
        await scene.Primary.ExecuteAsync("select pg_switch_wal()");
        var lsn = Lsn.Parse(await scene.Primary.ScalarAsync("select pg_current_wal_insert_lsn()::text"));
        await scene.Primary.ExecuteAsync("insert into mark values (2)");
        await scene.Primary.ExecuteAsync("select pg_switch_wal()");
        await scene.Primary.ExecuteAsync("insert into mark values (3)");
        await scene.StoreWalAsync();
        scene.DamageWal(lsn + 30);

        var record = await FailedDrillAsync(scene);
        Assert.Contains(WalSegment.Containing(TimelineId.First, lsn, scene.Wal.SegmentSize).Name, record.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_bit_in_the_WAL_that_the_snapshot_needs()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        var snapshot = await scene.BackupAsync();
        scene.DamageWal(snapshot.Record.StartLsn + 40);

        var record = await FailedDrillAsync(scene);
        var segment = WalSegment.Containing(TimelineId.First, snapshot.Record.StartLsn, scene.Wal.SegmentSize);
        Assert.Contains(segment.Name, record.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_counts_it_against_the_protection()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(SupportedMajors.Default);
        await lab.UpAsync();
        Assert.True((await lab.Operations().StatusAsync(lab.Token)).Backup.LastDrillSucceeded);
        var repository = BackupRepository.Open(lab.Model.Backup.RepositoryDirectory, PartialFrontier.Options(TimeProvider.System));
        var snapshot = Assert.Single(await repository.Snapshots.ListAsync(lab.Token));
        BackupScene.Damage(snapshot.DataDirectory, "base/1/1255", block: 3);
        var options = new DrillOptions
        {
            Scratch = Path.Combine(lab.Directory, "s"),
            FetchProgram = BuiltProgram.Path,
            BinDirectories = [TestInstallation.Require(lab.Major).BinDirectory],
        };
        await new DrillOperation(repository, options, TimeProvider.System).RunAsync(lab.Token);

        var status = await lab.Operations().StatusAsync(lab.Token);
        Assert.False(status.Backup.LastDrillSucceeded);
        Assert.Contains(status.Reasons, reason => reason.Contains("the last drill failed", StringComparison.Ordinal)
            && reason.Contains("base/1/1255", StringComparison.Ordinal));
    }

    /// <summary>Runs a drill that must fail; answers its result, which is the stored one.</summary>
    private static async Task<DrillRecord> FailedDrillAsync(RestoreScene scene)
    {
        var options = new DrillOptions
        {
            Scratch = scene.File("s"),
            FetchProgram = BuiltProgram.Path,
            BinDirectories = [scene.Primary.Installation.BinDirectory],
        };
        var record = await new DrillOperation(scene.Repository, options, TimeProvider.System).RunAsync(TestEnvironment.Stop);
        Assert.False(record.Succeeded());
        Assert.Equivalent(record, scene.Repository.Drills.FindNewest(), strict: true);
        Assert.Empty(Directory.GetFileSystemEntries(scene.File("s")));
        return record;
    }
}
