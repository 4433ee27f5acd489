using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.Restore;

/// <summary>PostgreSQL takes a damaged record for the end of the WAL and promotes: so a plan says it before.</summary>
public sealed class DamagedWalTests
{
    [Fact]
    public async Task A_restore_ends_before_it_says_so_and_refuses_what_lies_behind()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        await scene.BackupAsync();
        await WriteAsync(scene, 1);
        var damaged = await WriteAsync(scene, 2);
        var behind = await WriteAsync(scene, 3);
        await scene.StoreWalAsync();
        scene.DamageWal(damaged + 30);

        var segment = WalSegment.Containing(TimelineId.First, damaged, scene.Wal.SegmentSize);
        var plan = await scene.PlanAsync(RestoreTarget.Latest);
        Assert.Equal((plan.ReachedLsn, plan.ReachedLsn), (plan.EndsAtGap, plan.ReplayEndsAt));
        Assert.True(segment.Range.Contains(plan.ReachedLsn), $"{plan.ReachedLsn}");
        Assert.Contains($"the WAL is damaged in {segment.Name}", plan.Remarks[0], StringComparison.Ordinal);
        Assert.Equal(plan.ReachedLsn, plan.Wal[^1].Range.End);
        Assert.NotNull(plan.LastTransaction);
        await ExpectRowsAsync(scene, "1");

        var refused = await Assert.ThrowsAsync<OperationException>(
            () => scene.PlanAsync(new RestoreTarget { Kind = RestoreTargetKind.Lsn, Lsn = behind }));
        Assert.Equal(ErrorCodes.RestoreTargetUnreachable, refused.Code);
        Assert.Contains($"the WAL is damaged in {segment.Name}", refused.Message, StringComparison.Ordinal);

        await scene.BackupAsync();
        Assert.Null((await scene.PlanAsync(RestoreTarget.Latest)).Damage);
        await ExpectRowsAsync(scene, "1,2,3");
    }

    [Fact]
    public async Task Where_it_is_in_a_snapshots_own_WAL_an_older_snapshot_leads_up_to_it()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        var old = await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("create table mark as select 1 as n");
        var newer = await scene.BackupAsync();
        await scene.StoreWalAsync();
        scene.DamageWal(newer.Record.StartLsn + 40);

        var plan = await scene.PlanAsync(RestoreTarget.Latest);
        Assert.Equal((old.Id, newer.Record.StartLsn), (plan.Snapshot.Id, plan.EndsAtGap));
        await ExpectRowsAsync(scene, "1");
        var refused = await Assert.ThrowsAsync<OperationException>(() => scene.PlanAsync(RestoreTarget.Latest, newer.Id));
        Assert.Contains($"snapshot {newer.Id} needs WAL up to", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Commits a row in a segment of its own; answers where its record begins.</summary>
    private static async Task<Lsn> WriteAsync(RestoreScene scene, int row)
    {
        await scene.Primary.ExecuteAsync("select pg_switch_wal()");
        var lsn = Lsn.Parse(await scene.Primary.ScalarAsync("select pg_current_wal_insert_lsn()::text"));
        await scene.Primary.ExecuteAsync($"insert into mark values ({row})");
        return lsn;
    }

    private static async Task ExpectRowsAsync(RestoreScene scene, string rows)
    {
        await using var server = await scene.RestoreAndStartAsync(RestoreTarget.Latest);
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal(rows, await server.ScalarAsync("select string_agg(n::text, ',' order by n) from mark"));
    }
}
