using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Operations.Drill;
using Howdah.Repository.Drills;

namespace Howdah.Integration.Tests.Restore;

/// <summary>A drill from end to end, as the unprivileged user that runs it in life.</summary>
public sealed class DrillTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_drill_restores_replays_asks_checks_and_leaves_nothing_but_its_result(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync("create table mark as select generate_series(1, 1000) as n");
        await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("insert into mark values (1001)");
        var written = Lsn.Parse(await scene.Primary.ScalarAsync("select pg_current_wal_lsn()::text"));
        await scene.StoreWalAsync();

        var record = await DrillAsync(scene, "select count(*) as n from mark");
        Assert.Null(record.Failure);
        Assert.True(record.Succeeded());
        Assert.Equal("{\"n\": 1001}", record.Answer);
        Assert.True(record.ReachedLsn >= written, $"{record.ReachedLsn} {written}");
        Assert.NotNull(record.ReachedTime);
        Assert.InRange(record.PagesChecked, 1000, long.MaxValue);
        Assert.Equal(0, record.ChecksumFailureCount);
        Assert.True(record.CopySeconds > 0 && record.RecoverySeconds > 0);
        Assert.Empty(Directory.GetFileSystemEntries(scene.File("s")));
        Assert.Equivalent(record, Assert.Single(scene.Repository.Drills.List()), strict: true);

        // The original and its repository took no notice.
        Assert.Equal("1001", await scene.Primary.ScalarAsync("select count(*) from mark"));
    }

    [Fact]
    public async Task A_drill_that_fails_says_why_and_is_remembered()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        var empty = await DrillAsync(scene, null);
        Assert.Contains("no snapshot", empty.Failure, StringComparison.Ordinal);

        await scene.BackupAsync();
        var wrong = await DrillAsync(scene, "select * from never_made");
        Assert.Contains("never_made", wrong.QueryFailure, StringComparison.Ordinal);
        Assert.Equal(2, scene.Repository.Drills.List().Count);
        Assert.Empty(Directory.GetFileSystemEntries(scene.File("s")));
    }

    [Fact]
    public async Task A_tablespace_that_only_an_older_snapshot_has_is_no_matter()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        await scene.Primary.CreateTablespaceAsync("space", "space");
        await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("drop tablespace space");
        await scene.BackupAsync();

        var record = await DrillAsync(scene, null);
        Assert.Null(record.Failure);
        Assert.True(record.Succeeded());
    }

    [Fact]
    public async Task A_query_is_sent_as_it_is_and_a_slip_in_it_is_no_failure_of_the_backup()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        await scene.Primary.ExecuteAsync("create table mark as select generate_series(1, 3) as n");
        await scene.BackupAsync();
        (string Query, string? Answer)[] asked =
        [
            ("select 1 as n, 'a\"b' as t, true as b, null as x, 1.5 as d, '{\"k\": [1]}'::jsonb as j;",
                """{"n": 1, "t": "a\"b", "b": true, "x": null, "d": 1.5, "j": {"k": [1]}}"""),
            ("show transaction_isolation", """{"transaction_isolation": "read committed"}"""),
            ("with m as (select n from mark) select max(n) from m; -- done", """{"max": 3}"""),
            ("delete from mark where n < 3; select count(*) from mark; update mark set n = 4;", """{"count": 1}"""),
            ("delete from mark", null),
        ];
        foreach (var (query, answer) in asked)
        {
            var record = await DrillAsync(scene, query);
            Assert.Equal((null, null, answer), (record.Failure, record.QueryFailure, record.Answer));
        }

        var slip = await DrillAsync(scene, "selct 1");
        Assert.Contains("syntax error", slip.QueryFailure, StringComparison.Ordinal);
        Assert.Null(slip.WhatFailed());
        Assert.InRange(slip.PagesChecked, 100, long.MaxValue);
        Assert.Contains("the query failed", (slip with { QueryIsProof = true }).WhatFailed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_drill_left_is_stopped_and_removed_by_the_next()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        await scene.BackupAsync();

        // What kill -9 leaves: the files, the lock file that nobody holds, and a server that runs on.
        var left = await scene.RestoreAndStartAsync(Core.Restore.RestoreTarget.Latest);
        Directory.CreateDirectory(scene.File("s/20200101T000000000"));
        Directory.CreateSymbolicLink(scene.File("s/20200101T000000000/data"), left.DataDirectory);
        await File.WriteAllTextAsync(scene.File("s/20200101T000000000.lock"), "1\n");
        Assert.Null((await DrillAsync(scene, null)).Failure);
        Assert.Empty(Directory.GetFileSystemEntries(scene.File("s")));
        Assert.False(File.Exists(Path.Combine(left.DataDirectory, "postmaster.pid")));
    }

    private static Task<DrillRecord> DrillAsync(RestoreScene scene, string? query)
    {
        var options = new DrillOptions
        {
            Scratch = scene.File("s"),
            FetchProgram = BuiltProgram.Path,
            Query = query,
            BinDirectories = [scene.Primary.Installation.BinDirectory],
        };
        return new DrillOperation(scene.Repository, options, TimeProvider.System).RunAsync(TestEnvironment.Stop);
    }
}
