using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Operations.Drill;
using Howdah.Operations.Restore;

namespace Howdah.Integration.Tests.Restore;

/// <summary>
/// A tablespace that was made after the backup. A server that replays its CREATE TABLESPACE takes over the original's directory, so
/// that a copy would work on the files of the living database.
/// </summary>
public sealed class ReplayedTablespaceTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task No_plan_replays_the_making_of_a_tablespace_at_the_originals_place(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        var old = await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("create table before as select 1");
        var before = Lsn.Parse(await scene.Primary.ScalarAsync("select pg_current_wal_lsn()::text"));
        var (place, oid) = await FillTablespaceAsync(scene);
        var after = DateTimeOffset.UtcNow;
        await scene.Primary.ExecuteAsync("create table later as select 1");
        await scene.StoreWalAsync();

        var refused = await RefusedAsync(scene, scene.Options(scene.File("target"), RestoreTarget.Latest));
        Assert.Equal(ErrorCodes.RestoreTargetUnreachable, refused.Code);
        Assert.Contains($"tablespace {oid} at {place}", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"--tablespace {oid}={place}", refused.Message, StringComparison.Ordinal);
        refused = await RefusedAsync(scene, scene.Options(scene.File("target"), Time(after)));
        Assert.Contains(place, refused.Message, StringComparison.Ordinal);

        // Before it was made there is nothing to fear.
        var earlier = new RestoreTarget { Kind = RestoreTargetKind.Lsn, Lsn = before };
        Assert.Equal(old.Id, (await PlanAsync(scene, scene.Options(scene.File("target"), earlier))).Snapshot.Id);

        // A newer snapshot holds the tablespace itself, and gives it the place that the operator names.
        var newer = await scene.BackupAsync();
        await scene.StoreWalAsync();
        var mapped = new Dictionary<string, string>(StringComparer.Ordinal) { [oid] = scene.File("mapped") };
        var plan = await PlanAsync(scene, scene.Options(scene.File("target"), RestoreTarget.Latest) with { Tablespaces = mapped });
        Assert.Equal((newer.Id, 0), (plan.Snapshot.Id, plan.TablespacesMade.Count));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_drill_does_not_touch_it(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.BackupAsync();
        var (place, _) = await FillTablespaceAsync(scene);
        await scene.StoreWalAsync();
        var drill = new DrillOptions
        {
            Scratch = scene.File("s"),
            FetchProgram = BuiltProgram.Path,
            System = scene.Wal.System,
            BinDirectories = [scene.Primary.Installation.BinDirectory],
        };
        var record = await new DrillOperation(scene.Repository, drill, TimeProvider.System).RunAsync(TestEnvironment.Stop);
        Assert.Contains(place, record.Failure, StringComparison.Ordinal);
        await scene.Primary.StopAsync();
        await scene.Primary.StartAgainAsync();
        Assert.Equal("1000", await scene.Primary.ScalarAsync("select count(*) from far"));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task Where_nobody_has_the_place_any_more_it_can_be_given_back(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.BackupAsync();
        var (place, oid) = await FillTablespaceAsync(scene);
        await scene.StoreWalAsync();
        var own = new Dictionary<string, string>(StringComparer.Ordinal) { [oid] = place };
        var refused = await RefusedAsync(scene, scene.Options(scene.File("target"), RestoreTarget.Latest) with { Tablespaces = own });
        Assert.Equal(ErrorCodes.RestoreRefused, refused.Code);
        Assert.Contains($"{place} is not empty", refused.Message, StringComparison.Ordinal);

        // The disaster: all but the repository is gone.
        await scene.Primary.StopAsync();
        Directory.Delete(place, recursive: true);
        await using var server = await scene.RestoreAsync(RestoreTarget.Latest, options => options with { Tablespaces = own });
        await TestDirectory.GiveToServerUserAsync(place);
        await server.StartAgainAsync();
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal("1000", await server.ScalarAsync("select count(*) from far"));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task What_arrives_after_the_plan_is_not_replayed(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("create table before as select 1");
        await scene.StoreWalAsync();
        await using var server = await scene.RestoreAsync(RestoreTarget.Latest);
        await FillTablespaceAsync(scene);
        await scene.Primary.ExecuteAsync("select pg_switch_wal()");
        await scene.Primary.ExecuteAsync("create table after as select 1");
        await scene.StoreWalAsync();

        await server.StartAgainAsync();
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal("1", await server.ScalarAsync("select count(*) from before"));
        Assert.Equal("0", await server.ScalarAsync("select count(*) from pg_tablespace where spcname = 'space'"));
        Assert.Equal("1000", await scene.Primary.ScalarAsync("select count(*) from far"));
    }

    private static async Task<(string Place, string Oid)> FillTablespaceAsync(RestoreScene scene)
    {
        var place = await scene.Primary.CreateTablespaceAsync("space", "space");
        await scene.Primary.ExecuteAsync("create table far tablespace space as select generate_series(1, 1000) as n");
        return (place, (await scene.Primary.ScalarAsync("select oid from pg_tablespace where spcname = 'space'"))!);
    }

    private static Task<RestorePlan> PlanAsync(RestoreScene scene, RestoreOptions options) =>
        new RestoreOperation(scene.Repository, options, TimeProvider.System).PlanAsync(TestEnvironment.Stop);

    private static Task<OperationException> RefusedAsync(RestoreScene scene, RestoreOptions options) =>
        Assert.ThrowsAsync<OperationException>(() => PlanAsync(scene, options));

    private static RestoreTarget Time(DateTimeOffset time) => new() { Kind = RestoreTargetKind.Time, Time = time };
}
