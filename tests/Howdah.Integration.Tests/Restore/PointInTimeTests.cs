using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.Restore;

namespace Howdah.Integration.Tests.Restore;

/// <summary>Restores to every kind of target, on real servers.</summary>
public sealed class PointInTimeTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Each_kind_of_target_ends_recovery_where_it_says(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("insert into mark values (1)");
        var time = await scene.Primary.ScalarAsync("select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US')");
        await scene.Primary.ExecuteAsync("insert into mark values (2)");
        var lsn = await scene.Primary.ScalarAsync("select pg_current_wal_lsn()::text");
        await scene.Primary.ExecuteAsync("insert into mark values (3)");
        await scene.Primary.ExecuteAsync("select pg_create_restore_point('four')");
        await scene.Primary.ExecuteAsync("insert into mark values (4)");
        var xid = await scene.Primary.ScalarAsync("with one as (insert into mark values (5) returning xmin) select xmin::text from one");
        await scene.Primary.ExecuteAsync("insert into mark values (6)");
        await scene.StoreWalAsync();

        await ExpectAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Immediate, Action = RecoveryAction.Promote }, 0);
        await ExpectAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Time, Time = Utc(time!), Action = RecoveryAction.Promote },
            1);
        await ExpectAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Lsn, Lsn = Lsn.Parse(lsn), Inclusive = false }, 2);
        await ExpectAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Name, Name = "four" }, 3);
        var transaction = ulong.Parse(xid!, CultureInfo.InvariantCulture);
        await ExpectAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Xid, Xid = transaction, Action = RecoveryAction.Promote }, 5);
        await ExpectAsync(scene, RestoreTarget.Latest, 6);

        await RefusedAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Name, Name = "never made" });
        await RefusedAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Xid, Xid = transaction + 1000 });
        await RefusedAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Time, Time = DateTimeOffset.UnixEpoch });
        await RefusedAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Time, Time = TimeProvider.System.GetUtcNow().AddHours(1) });
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task After_a_promotion_both_sides_of_the_fork_can_be_restored(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        await scene.BackupAsync();
        var standby = await TestStandby.CreateAsync(scene.Primary);
        scene.Own(standby);
        await scene.Primary.ExecuteAsync("insert into mark values (1)");
        var before = await scene.Primary.ScalarAsync("select pg_current_wal_lsn()::text");
        await scene.Primary.ExecuteAsync("insert into mark values (2)");
        await TestStandby.WaitForReplayAsync(scene.Primary, standby);
        await standby.PromoteAsync();

        // The old primary goes on by itself: its branch must stay out of the way of who follows the new one.
        await scene.Primary.ExecuteAsync("insert into mark select generate_series(100, 199)");
        await scene.StoreWalAsync();
        await standby.ExecuteAsync("insert into mark values (3); checkpoint");
        await standby.ExecuteAsync("insert into mark values (4)");
        await scene.StoreWalAsync(standby);

        await ExpectAsync(scene, RestoreTarget.Latest, 4);
        await ExpectAsync(scene, new RestoreTarget { Kind = RestoreTargetKind.Lsn, Lsn = Lsn.Parse(before), Inclusive = false }, 1);
        await ExpectAsync(scene, new RestoreTarget { Timeline = TimelineChoice.Of(TimelineId.First) }, 102);
        await ExpectAsync(scene, new RestoreTarget { Timeline = TimelineChoice.Current }, 102);
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.ParseExact(
        text, "yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static async Task ExpectAsync(RestoreScene scene, RestoreTarget target, int rows)
    {
        await using var server = await scene.RestoreAndStartAsync(target);
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal((target, rows.ToString()), (target, await server.ScalarAsync("select count(*) from mark")));
    }

    private static async Task RefusedAsync(RestoreScene scene, RestoreTarget target)
    {
        var directory = scene.File("never");
        var operation = new RestoreOperation(scene.Repository, scene.Options(directory, target), TimeProvider.System);
        var refused = await Assert.ThrowsAsync<OperationException>(() => operation.PlanAsync(TestEnvironment.Stop));
        Assert.Equal(ErrorCodes.RestoreTargetUnreachable, refused.Code);
        Assert.False(Path.Exists(directory));
    }
}
