using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.Backup;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Replication;

namespace Howdah.Integration.Tests.Backup;

/// <summary>A base backup as a plain directory, of real servers of each version.</summary>
public sealed class PlainBackupTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_backup_taken_under_load_starts_and_holds_what_was_committed_before_it(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await BackupScene.FillAsync(server);
        await using var restored = await TestServer.AdoptAsync(new TestServerOptions(major));
        await server.ExecuteAsync("create table load (n int, text text); insert into load values (-1, 'before the backup')");
        using var stop = new CancellationTokenSource();
        var load = RunLoadAsync(server, stop.Token);
        var result = await BackupScene.TakeAsync(server, new DirectorySinkOptions { DataDirectory = restored.DataDirectory });
        await stop.CancelAsync();
        await load;

        Assert.Equal(0, result.ChecksumFailureCount);
        Assert.True(result.HasPageChecksums);
        Assert.InRange(result.PagesChecked, 3000, int.MaxValue);
        Assert.True(result.Range.Start < result.Range.End);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(restored.DataDirectory));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(restored.DataDirectory, "PG_VERSION")));
        var label = BackupLabel.Parse(await File.ReadAllBytesAsync(Path.Combine(restored.DataDirectory, "backup_label")));
        Assert.Equal(result.Range.Start, label.Start);
        Assert.Equal("howdah", label.Label);

        BackupScene.CopyWal(server, result, restored.DataDirectory);
        await BackupScene.StartAsync(restored, new TestServerOptions(major));
        Assert.Equal("300000", await restored.ScalarAsync("select count(*) from item"));
        Assert.Equal("0", await restored.ScalarAsync("select count(*) from volatile"));
        Assert.Equal("before the backup", await restored.ScalarAsync("select text from load where n = -1"));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Tablespaces_go_where_they_were_mapped_to_and_nowhere_else(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        var place = await server.CreateTablespaceAsync("one", "space one");
        await server.ExecuteAsync("create table far tablespace one as select generate_series(1, 20000) as n");
        await using var restored = await TestServer.AdoptAsync(new TestServerOptions(major));

        var refused = await Assert.ThrowsAsync<OperationException>(
            () => BackupScene.TakeAsync(server, new DirectorySinkOptions { DataDirectory = restored.DataDirectory }));
        Assert.Equal(ErrorCodes.RestoreRefused, refused.Code);
        BackupScene.AssertNothingIn(restored.DataDirectory);

        var mapped = Path.Combine(restored.Directory, "mapped");
        var options = new DirectorySinkOptions { DataDirectory = restored.DataDirectory, LocateTablespace = _ => mapped };
        var result = await BackupScene.TakeAsync(server, options);
        var tablespace = Assert.Single(result.Tablespaces);
        Assert.Equal(place, tablespace.Location);
        Assert.InRange(tablespace.Bytes, 700_000, 2_000_000);

        var mapPath = Path.Combine(restored.DataDirectory, TablespaceMap.FileName);
        var map = TablespaceMap.Parse(await File.ReadAllBytesAsync(mapPath));
        Assert.Equal([new TablespaceMapEntry(tablespace.Oid, place)], map.Entries);
        await File.WriteAllBytesAsync(mapPath, new TablespaceMap([new TablespaceMapEntry(tablespace.Oid, mapped)]).ToBytes());
        BackupScene.CopyWal(server, result, restored.DataDirectory);
        await BackupScene.StartAsync(restored, new TestServerOptions(major));
        Assert.Equal("20000", await restored.ScalarAsync("select count(*) from far"));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_damaged_page_is_reported_by_file_and_block_and_the_rest_is_kept(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await BackupScene.FillAsync(server);
        var path = await server.ScalarAsync("select pg_relation_filepath('item')");
        await server.StopAsync();
        BackupScene.Damage(server.DataDirectory, path!, block: 7);
        BackupScene.Damage(server.DataDirectory, path!, block: 1200);
        await server.StartAgainAsync();
        await using var target = await TestDirectory.CreateAsync("damaged");

        var result = await BackupScene.TakeAsync(server, new DirectorySinkOptions { DataDirectory = target.File("data") });
        Assert.Equal(2, result.ChecksumFailureCount);
        Assert.Equal([(path, 7u), (path, 1200u)], result.ChecksumFailures.Select(failure => ((string?)failure.Path, failure.Block)));
        Assert.All(result.ChecksumFailures, failure => Assert.NotEqual(failure.Stored, failure.Computed));
        Assert.Contains(result.Warnings, warning => warning.Contains("checksum verification fail", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task A_connection_killed_midway_leaves_nothing(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await BackupScene.FillAsync(server);
        await using var target = await TestDirectory.CreateAsync("killed");
        await using var connection =
            await ReplicationConnection.OpenAsync(BackupScene.SettingsOf(server), TimeProvider.System, TestEnvironment.Stop);
        var killing = Task.CompletedTask;
        var kill = $"select pg_terminate_backend({connection.ServerProcessId})";
        var observer = new ActAt(BackupPhase.Receiving, 4 << 20, () => killing = server.ExecuteAsync(kill));
        var options = new BaseBackupRunnerOptions { RateLimit = new Core.Units.ByteSize(20 << 20) };
        var error = await Assert.ThrowsAsync<OperationException>(async () =>
        {
            await using var sink = new DirectorySink(new DirectorySinkOptions { DataDirectory = target.File("data") });
            await new BaseBackupRunner(connection, TimeProvider.System).RunAsync(sink, options, observer, TestEnvironment.Stop);
        });
        Assert.True(error.Code == ErrorCodes.ServerError || error.Code == ErrorCodes.ConnectionLost, error.ToString());
        await killing;
        Assert.True(observer.Acted);
        BackupScene.AssertNothingIn(target.File("data"));
    }

    [Fact]
    public async Task A_cancelled_backup_leaves_nothing_not_even_on_the_server()
    {
        await using var server = await TestServer.StartAsync();
        await BackupScene.FillAsync(server);
        await using var target = await TestDirectory.CreateAsync("cancelled");
        using var cancel = new CancellationTokenSource();
        var observer = new ActAt(BackupPhase.Receiving, 4 << 20, cancel.Cancel);
        var options = new BaseBackupRunnerOptions { RateLimit = new Core.Units.ByteSize(20 << 20) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await using var connection =
                await ReplicationConnection.OpenAsync(BackupScene.SettingsOf(server), TimeProvider.System, TestEnvironment.Stop);
            await using var sink = new DirectorySink(new DirectorySinkOptions { DataDirectory = target.File("data") });
            await new BaseBackupRunner(connection, TimeProvider.System).RunAsync(sink, options, observer, cancel.Token);
        });
        BackupScene.AssertNothingIn(target.File("data"));
        await TestWait.UntilAsync(
            "the server has given up the backup",
            async () => await server.ScalarAsync("select count(*) from pg_stat_replication") == "0");
    }

    [Fact]
    public async Task A_full_disk_is_named_and_leaves_nothing()
    {
        await using var server = await TestServer.StartAsync();
        await BackupScene.FillAsync(server);
        await using var disk = await SmallDisk.MountAsync(20);
        var target = Path.Combine(disk.Path, "data");
        var error = await Assert.ThrowsAsync<OperationException>(
            () => BackupScene.TakeAsync(server, new DirectorySinkOptions { DataDirectory = target }));
        Assert.Equal(ErrorCodes.DiskFull, error.Code);
        BackupScene.AssertNothingIn(target);
    }

    [Fact]
    public async Task A_directory_that_holds_something_is_refused_and_left_alone()
    {
        await using var server = await TestServer.StartAsync();
        await using var target = await TestDirectory.CreateAsync("occupied");
        await File.WriteAllTextAsync(target.File("precious"), "mine");
        var error = await Assert.ThrowsAsync<OperationException>(
            () => BackupScene.TakeAsync(server, new DirectorySinkOptions { DataDirectory = target.Path }));
        Assert.Equal(ErrorCodes.RestoreRefused, error.Code);
        Assert.Equal(["precious"], Directory.EnumerateFileSystemEntries(target.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Another_system_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        await using var target = await TestDirectory.CreateAsync("foreign");
        var options = new BaseBackupRunnerOptions { ExpectedSystem = new Core.Wal.SystemIdentifier(1) };
        var error = await Assert.ThrowsAsync<OperationException>(
            () => BackupScene.TakeAsync(server, new DirectorySinkOptions { DataDirectory = target.File("data") }, options));
        Assert.Equal(ErrorCodes.ForeignSystem, error.Code);
        BackupScene.AssertNothingIn(target.File("data"));
    }

    [Fact]
    public async Task A_server_that_hangs_ends_the_backup_with_a_word()
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(SupportedMajors.Default));
        await BackupScene.FillAsync(server);
        await using var target = await TestDirectory.CreateAsync("hanging");
        await using var connection = await ReplicationConnection.OpenAsync(
            BackupScene.SettingsOf(server), TimeProvider.System, TestEnvironment.Stop);
        var walsender = connection.ServerProcessId!.Value;
        var observer = new ActAt(BackupPhase.Receiving, 1 << 20, () => ProcessTree.Signal(walsender, ProcessTree.SigStop));
        var options = new BaseBackupRunnerOptions
        {
            LongestSilence = TimeSpan.FromSeconds(2),
            RateLimit = new Core.Units.ByteSize(20 << 20),
        };
        try
        {
            await using var sink = new DirectorySink(new DirectorySinkOptions { DataDirectory = target.File("data") });
            var failure = await Assert.ThrowsAsync<OperationException>(() => new BaseBackupRunner(connection, TimeProvider.System)
                .RunAsync(sink, options, observer, TestEnvironment.Stop));
            Assert.Equal(ErrorCodes.ServerTimeout, failure.Code);
        }
        finally
        {
            ProcessTree.Signal(walsender, ProcessTree.SigCont);
        }

        BackupScene.AssertNothingIn(target.File("data"));
    }

    private static async Task RunLoadAsync(TestServer server, CancellationToken stop)
    {
        await using var connection = await server.ConnectAsync();
        for (var n = 0; !stop.IsCancellationRequested || n == 0; n++)
        {
            await using var command = new Npgsql.NpgsqlCommand(
                $"insert into load select {n}, md5(n::text) from generate_series(1, 200) as n; "
                + $"update item set text = 'x' || text where n % 1000 = {n % 1000}",
                connection);
            await command.ExecuteNonQueryAsync(TestEnvironment.Stop);
        }
    }
}
