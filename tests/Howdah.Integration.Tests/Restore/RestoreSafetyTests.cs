using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.Restore;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Sql;

namespace Howdah.Integration.Tests.Restore;

/// <summary>What a restore must never do, and what a failure must never look like.</summary>
public sealed class RestoreSafetyTests
{
    [Fact]
    public async Task Missing_wal_is_named_before_anything_is_copied()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        var snapshot = await scene.BackupAsync();
        for (var index = 0; index < 3; index++)
            await scene.Primary.ExecuteAsync("create table t" + index + " as select 1; select pg_switch_wal()");
        var lsn = Lsn.Parse(await scene.Primary.ScalarAsync("select pg_current_wal_lsn()::text"));
        await scene.Primary.ExecuteAsync("create table last as select 1");
        await scene.StoreWalAsync();
        var hole = WalSegment.Containing(TimelineId.First, snapshot.Record.StopLsn, scene.Wal.SegmentSize).Next;
        File.Delete(scene.Wal.SegmentPath(hole));

        var options = scene.Options(scene.File("target"), new RestoreTarget { Kind = RestoreTargetKind.Lsn, Lsn = lsn });
        var refused = await Assert.ThrowsAsync<OperationException>(
            () => new RestoreOperation(scene.Repository, options, TimeProvider.System).PlanAsync(TestEnvironment.Stop));
        Assert.Contains($"{hole.Start}", refused.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(options.Directory));

        // "Latest" goes as far as it can, says so, and recovery ends there on purpose.
        var latest = options with { Target = RestoreTarget.Latest };
        var plan = await new RestoreOperation(scene.Repository, latest, TimeProvider.System).PlanAsync(TestEnvironment.Stop);
        Assert.Equal(hole.Start, plan.EndsAtGap);
        await using var server = await scene.RestoreAndStartAsync(RestoreTarget.Latest);
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal("False", await server.ScalarAsync("select to_regclass('last') is not null"));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_repository_that_cannot_be_read_stops_the_server_and_never_promotes_it(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("create table t as select 1");
        await scene.StoreWalAsync();
        var server = await scene.RestoreAsync(RestoreTarget.Latest);

        // Segments can be read, but whether there are more cannot be known: a format of the future, which no retry mends.
        var file = Path.Combine(scene.Repository.Directory, "repository.json");
        var content = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, content.Replace("\"format\": 1", "\"format\": 9", StringComparison.Ordinal));

        // It may answer queries as a hot standby for a moment, and then pg_ctl calls it started.
        await Record.ExceptionAsync(() => server.StartAgainAsync());
        await TestWait.UntilAsync("the server is gone", () => !File.Exists(Path.Combine(server.DataDirectory, "postmaster.pid")));
        var log = await File.ReadAllTextAsync(server.LogFile);
        Assert.Contains("format version 9", log, StringComparison.Ordinal);
        Assert.Contains("FATAL", log, StringComparison.Ordinal);
        Assert.DoesNotContain("selected new timeline", log, StringComparison.Ordinal);

        // Mended, the same directory recovers to the end.
        await File.WriteAllTextAsync(file, content);
        await server.StartAgainAsync();
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal("1", await server.ScalarAsync("select count(*) from t"));
    }

    [Fact]
    public async Task An_interrupted_restore_cannot_be_started_and_can_be_run_again()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        await scene.BackupAsync();
        var server = await TestServer.AdoptAsync(new TestServerOptions(scene.Major));
        scene.Own(server);
        using var stop = new CancellationTokenSource();
        var options = scene.Options(server.DataDirectory, RestoreTarget.Latest) with { Progress = new StopAfter(stop, 4 << 20) };
        var operation = new RestoreOperation(scene.Repository, options, TimeProvider.System);
        var plan = await operation.PlanAsync(TestEnvironment.Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => operation.RunAsync(plan, stop.Token));
        Assert.False(File.Exists(Path.Combine(server.DataDirectory, ControlFile.RelativePath)));
        await TestDirectory.GiveToServerUserAsync(server.Directory);
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.StartAgainAsync());

        operation = new RestoreOperation(scene.Repository, options with { Progress = null }, TimeProvider.System);
        await operation.RunAsync(await operation.PlanAsync(TestEnvironment.Stop), TestEnvironment.Stop);
        // Killed in the last moment: it is whole, and may have been started since.
        var marker = Path.Combine(server.DataDirectory, RestoreMarker.FileName);
        await File.WriteAllBytesAsync(marker, new RestoreMarker(RestoreMarker.CurrentFormat, plan.Snapshot.Id, []).ToBytes());
        await RefusedAsync(scene, options, "holds a restore that is whole");
        File.Delete(marker);

        await server.WriteSettingsAsync(new TestServerOptions(scene.Major));
        await TestDirectory.GiveToServerUserAsync(server.Directory);
        await server.StartAgainAsync();
    }

    /// <summary>A server that was copied itself, as every promoted standby was. Before 13 it sends the file along.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    public async Task The_manifest_that_a_server_came_with_is_no_part_of_its_backups(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await File.WriteAllTextAsync(Path.Combine(scene.Primary.DataDirectory, "backup_manifest"), "{}");
        await TestDirectory.GiveToServerUserAsync(scene.Primary.DataDirectory);
        await scene.Primary.ExecuteAsync("create table mark as select 1 as n");
        await scene.BackupAsync();

        await using var server = await scene.RestoreAsync(RestoreTarget.Latest);
        await server.StartAgainAsync();
        Assert.Equal("1", await server.ScalarAsync("select n from mark"));
    }

    /// <summary>What a place holds now may be of another restore, which is in use.</summary>
    [Fact]
    public async Task An_interrupted_restore_clears_no_place_that_was_given_to_another_since()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        var place = await scene.Primary.CreateTablespaceAsync("space", "space");
        await scene.Primary.ExecuteAsync("create table far tablespace space as select generate_series(1, 1000) as n");
        await scene.BackupAsync();
        using var stop = new CancellationTokenSource();
        var options = scene.Options(scene.File("target"), RestoreTarget.Latest) with
        {
            Tablespaces = new Dictionary<string, string>(StringComparer.Ordinal) { [place] = scene.File("mapped") },
            Progress = new StopAfter(stop, 4 << 20),
        };
        var operation = new RestoreOperation(scene.Repository, options, TimeProvider.System);
        var plan = await operation.PlanAsync(TestEnvironment.Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => operation.RunAsync(plan, stop.Token));

        Directory.Delete(scene.File("mapped"), recursive: true);
        Directory.CreateDirectory(scene.File("mapped"));
        await File.WriteAllTextAsync(scene.File("mapped/precious"), "");
        await RefusedAsync(scene, options with { Progress = null }, "precious");
        var elsewhere = options with
        {
            Tablespaces = new Dictionary<string, string>(StringComparer.Ordinal) { [place] = scene.File("elsewhere") },
            Progress = null,
        };
        operation = new RestoreOperation(scene.Repository, elsewhere, TimeProvider.System);
        await operation.RunAsync(await operation.PlanAsync(TestEnvironment.Stop), TestEnvironment.Stop);
        Assert.True(File.Exists(scene.File("mapped/precious")));
        Assert.DoesNotContain(RestoreMarker.FileName, Directory.GetFiles(scene.File("elsewhere")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Directories_that_hold_something_and_unmapped_tablespaces_are_refused()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        var place = await scene.Primary.CreateTablespaceAsync("space", "space");
        await scene.Primary.ExecuteAsync("create table far tablespace space as select generate_series(1, 1000) as n");
        await scene.BackupAsync();
        await RefusedAsync(
            scene, scene.Options(scene.File("target"), RestoreTarget.Latest), $"tablespace space was at {place}, and no place was given");
        await RefusedAsync(scene, scene.Options("/proc/target", RestoreTarget.Latest) with
        {
            Tablespaces = new Dictionary<string, string>(StringComparer.Ordinal) { ["space"] = scene.File("mapped") },
        }, "keeps no files");

        var mapped = new Dictionary<string, string>(StringComparer.Ordinal) { [place] = scene.File("mapped") };
        var slip = new Dictionary<string, string>(mapped, StringComparer.Ordinal) { ["1"] = scene.File("nowhere") };
        await RefusedAsync(scene, scene.Options(scene.File("target"), RestoreTarget.Latest) with { Tablespaces = slip }, "tablespace 1,");
        var options = scene.Options(scene.File("full"), RestoreTarget.Latest) with { Tablespaces = mapped };
        Directory.CreateDirectory(options.Directory);
        await File.WriteAllTextAsync(Path.Combine(options.Directory, "precious"), "");
        await RefusedAsync(scene, options, "precious");
        await RefusedAsync(scene, options with { Directory = Path.Combine(scene.Repository.Directory, "inside") }, "repository");
        Directory.CreateDirectory(scene.File("mapped"));
        await File.WriteAllTextAsync(scene.File("mapped/precious"), "");
        await RefusedAsync(scene, options with { Directory = scene.File("target") }, "precious");

        File.Delete(scene.File("mapped/precious"));
        await using var server = await scene.RestoreAsync(RestoreTarget.Latest, wanted => wanted with { Tablespaces = mapped });
        await TestDirectory.GiveToServerUserAsync(scene.File("mapped"));
        await server.StartAgainAsync();
        Assert.Equal("1000", await server.ScalarAsync("select count(*) from far"));
        Assert.StartsWith(scene.File("mapped"),
            await server.ScalarAsync("select pg_tablespace_location(oid) from pg_tablespace where spcname = 'space'"));
    }

    [Fact]
    public async Task A_damaged_snapshot_is_found_out_while_it_is_copied()
    {
        await using var scene = await RestoreScene.CreateAsync(SupportedMajors.Default);
        var snapshot = await scene.BackupAsync();
        var file = Directory.GetFiles(Path.Combine(snapshot.DataDirectory, "base"), "*", SearchOption.AllDirectories)
            .MaxBy(static path => new FileInfo(path).Length)!;
        var content = await File.ReadAllBytesAsync(file);
        content[content.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, content);
        var operation = new RestoreOperation(scene.Repository, scene.Options(scene.File("target"), RestoreTarget.Latest),
            TimeProvider.System);
        var refused = await Assert.ThrowsAsync<OperationException>(
            async () => await operation.RunAsync(await operation.PlanAsync(TestEnvironment.Stop), TestEnvironment.Stop));
        Assert.Equal(ErrorCodes.SnapshotCorrupt, refused.Code);
        Assert.Contains(Path.GetFileName(file), refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_restored_copy_touches_nothing_that_belongs_to_the_original(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major, new Dictionary<string, string>
        {
            ["archive_mode"] = "on",
            ["max_prepared_transactions"] = "7",
        });
        var archive = scene.File("archive");
        await scene.Primary.ExecuteAsync($"alter system set archive_command = 'echo %f >> {archive}.%f'");
        await scene.Primary.ExecuteAsync("select pg_reload_conf()");
        await scene.BackupAsync();
        await scene.Primary.ExecuteAsync("create table t as select 1");
        await scene.StoreWalAsync();
        await scene.Primary.StopAsync();
        await using var server = await scene.RestoreAndStartAsync(RestoreTarget.Latest);
        await RestoreScene.WaitForTargetAsync(server);
        await server.ExecuteAsync("create table u as select 1; select pg_switch_wal()");
        await server.ExecuteAsync("checkpoint");
        Assert.Equal("off", await server.ScalarAsync("show archive_mode"));
        Assert.Equal("", await server.ScalarAsync("show synchronous_standby_names"));
        Assert.Equal("0", await server.ScalarAsync("show max_logical_replication_workers"));
        Assert.Equal("0", await server.ScalarAsync("select count(*) from pg_replication_slots"));
        Assert.Equal("7", await server.ScalarAsync("show max_prepared_transactions"));
        Assert.DoesNotContain(Directory.GetFiles(Path.GetDirectoryName(archive)!, "archive.*"), static path =>
            path.Contains(".00000002", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_restored_copy_starts_beside_the_living_original_and_is_not_where_that_is(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync($"alter system set external_pid_file = '{scene.File("original.pid")}'");
        await scene.Primary.ExecuteAsync("create table t as select 1");
        await scene.BackupAsync();

        // As it was restored, without the settings that other tests give their copies.
        var copy = await TestServer.AdoptAsync(new TestServerOptions(major));
        scene.Own(copy);
        var operation = new RestoreOperation(
            scene.Repository, scene.Options(copy.DataDirectory, RestoreTarget.Latest), TimeProvider.System);
        var plan = await operation.PlanAsync(TestEnvironment.Stop);
        Assert.Contains("listens on no address", plan.Remarks[^1], StringComparison.Ordinal);
        await operation.RunAsync(plan, TestEnvironment.Stop);
        await TestDirectory.GiveToServerUserAsync(copy.Directory);
        await copy.StartAgainAsync();

        var socket = ConnectionSettings.ForServer(copy.DataDirectory, scene.Primary.Port) with
        {
            User = "postgres",
            Database = "postgres",
            Password = new Secret(copy.Password),
        };
        await using var inside = SqlDatabase.Open(socket);
        await TestWait.UntilAsync("the copy is through", async () =>
            (await inside.QueryRowAsync("select pg_is_in_recovery()::text as waits", [], TestEnvironment.Stop)).Text("waits") == "false");
        const string Settings = "select current_setting('listen_addresses') as addresses, current_setting('data_directory') as place";
        var row = await inside.QueryRowAsync(Settings, [], TestEnvironment.Stop);
        Assert.Equal(("", copy.DataDirectory), (row.Text("addresses"), row.Text("place")));
        Assert.False(File.Exists(scene.File("original.pid")));
        Assert.Equal(scene.Primary.DataDirectory, await scene.Primary.ScalarAsync("show data_directory"));
    }

    private static async Task RefusedAsync(RestoreScene scene, RestoreOptions options, string reason)
    {
        var operation = new RestoreOperation(scene.Repository, options, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<OperationException>(() => operation.PlanAsync(TestEnvironment.Stop));
        Assert.Equal(ErrorCodes.RestoreRefused, refused.Code);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Cancels once so many bytes were copied: a stand-in for the power button.</summary>
    private sealed class StopAfter(CancellationTokenSource stop, long bytes) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value)
        {
            if (value.Bytes >= bytes)
                stop.Cancel();
        }
    }
}
