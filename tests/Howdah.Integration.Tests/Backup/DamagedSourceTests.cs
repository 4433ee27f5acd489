using Howdah.Core.Restore;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Restore;
using Howdah.Repository.Snapshots;

namespace Howdah.Integration.Tests.Backup;

/// <summary>Design law 4: a backup with pages that fail their checksum is kept for what it is, and never stands for a clean one.</summary>
public sealed class DamagedSourceTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task It_is_recorded_as_damaged_and_the_clean_one_before_it_stays_the_one_to_restore(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync("create table item as select n, md5(n::text) as text from generate_series(1, 5000) as n");
        var path = (await scene.Primary.ScalarAsync("select pg_relation_filepath('item')"))!;
        var clean = await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("checkpoint");
        BackupScene.Damage(scene.Primary.DataDirectory, path, block: 3);
        var damaged = await scene.BackupAsync();
        await scene.StoreWalAsync();

        Assert.True(clean.Record.IsClean());
        var listed = (await scene.Repository.Snapshots.ListAsync(TestEnvironment.Stop)).Select(static snapshot => snapshot.Record).ToList();
        Assert.Equal([clean.Id, damaged.Id], listed.Select(static record => record.Id));
        Assert.Equal((false, 1L), (listed[1].IsClean(), listed[1].ChecksumFailureCount));
        var failure = Assert.Single(listed[1].ChecksumFailures);
        Assert.Equal((path, 3u), (failure.File, failure.Block));

        var plan = await scene.PlanAsync(RestoreTarget.Latest);
        Assert.Equal(clean.Id, plan.Snapshot.Id);
        Assert.DoesNotContain(plan.Remarks, static remark => remark.Contains("checksum", StringComparison.Ordinal));
        var asked = await scene.PlanAsync(RestoreTarget.Latest, damaged.Id);
        Assert.Contains($"snapshot {damaged.Id} has pages that failed their checksum", asked.Remarks);
        await PromisesOnlyAsync(scene, listed, clean.Id);
    }

    private static async Task PromisesOnlyAsync(RestoreScene scene, IReadOnlyList<SnapshotRecord> records, string clean)
    {
        var ledger = await scene.Wal.ReadLedgerAsync(TestEnvironment.Stop);
        var all = records.Select(static record => record.ToRestorable()).ToArray();
        Assert.Equal(clean, Assert.Single(RestorableWindow.Of(all, ledger).Snapshots).Id);
        var without = RestorableWindow.Of([all[^1]], ledger);
        Assert.Empty(without.Snapshots);
        Assert.Equal("the repository holds no clean snapshot", without.Obstacle);
    }
}
