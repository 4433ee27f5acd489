using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.Backup;
using Howdah.Operations.CloneStandby;
using Howdah.Postgres.Replication;

namespace Howdah.Integration.Tests.Backup;

/// <summary>A standby built by our own base backup.</summary>
public sealed class CloneStandbyTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_clone_follows_its_primary_through_its_slot(int major)
    {
        await using var primary = await TestServer.StartAsync(new TestServerOptions(major));
        await BackupScene.FillAsync(primary);
        await using var standby = await TestServer.AdoptAsync(new TestServerOptions(major));
        var clone = await CloneAsync(primary, standby.DataDirectory);
        Assert.Equal(standby.DataDirectory + ".new", clone.Directory);
        Assert.Equal("physical", await primary.ScalarAsync("select slot_type from pg_replication_slots where slot_name = 'two'"));

        // Written after the copy ended: it can only come through the slot, also after the segments were recycled.
        await primary.ExecuteAsync("create table late as select 1 as n");
        await primary.ExecuteAsync("select pg_switch_wal()");
        await primary.ExecuteAsync("checkpoint");
        await WriteRecoveryAsync(primary, clone.Directory);
        clone.PutInPlace();
        Assert.False(Directory.Exists(clone.Directory));
        Assert.False(File.Exists(clone.Directory + ".intent"));
        await BackupScene.StartAsync(standby, OptionsOf(primary));
        await TestStandby.WaitForStreamingAsync(primary, "two");
        await TestStandby.WaitForReplayAsync(primary, standby);
        Assert.Equal("1", await standby.ScalarAsync("select n from late"));
        Assert.Equal("300000", await standby.ScalarAsync("select count(*) from item"));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Tablespaces_of_a_clone_are_its_own_and_the_next_clone_leaves_them_alone(int major)
    {
        await using var primary = await TestServer.StartAsync(new TestServerOptions(major));
        await primary.CreateTablespaceAsync("full_space", "full");
        await primary.CreateTablespaceAsync("empty_space", "empty");
        await primary.ExecuteAsync("create table far tablespace full_space as select generate_series(1, 20000) as n");
        await using var standby = await TestServer.AdoptAsync(new TestServerOptions(major));
        var first = await CloneAsync(primary, standby.DataDirectory, space => PlaceOf(standby, space, 1));
        Assert.Equal(2, first.Result.Tablespaces.Count);
        await StartCloneAsync(primary, standby, first);
        await AssertFollowsAsync(primary, standby, generation: 1);

        // A second one is made while the first is in use, and takes its place.
        var staged = standby.DataDirectory + ".staged";
        var second = await CloneAsync(primary, staged, space => PlaceOf(standby, space, 2));
        second.PutInPlace();
        await AssertFollowsAsync(primary, standby, generation: 1);
        await standby.StopAsync();
        var kept = ContentOf(standby, 1);
        Assert.Contains(kept, file => file.Bytes > 700_000);
        Directory.Move(standby.DataDirectory, standby.DataDirectory + ".old");
        Directory.Move(staged, standby.DataDirectory);
        await WriteRecoveryAsync(primary, standby.DataDirectory);
        await BackupScene.StartAsync(standby, OptionsOf(primary));
        await AssertFollowsAsync(primary, standby, generation: 2);
        Assert.Equal(kept, ContentOf(standby, 1));

        // Directories in use are no place for a third.
        var inUse = ContentOf(standby, 2);
        var refused = await Assert.ThrowsAsync<OperationException>(
            () => CloneAsync(primary, staged, space => PlaceOf(standby, space, 2)));
        Assert.Equal(ErrorCodes.Refused, refused.Code);
        Assert.Equal(inUse, ContentOf(standby, 2));

        // Nothing of the second depends on the first.
        Directory.Delete(standby.DataDirectory + ".old", recursive: true);
        Directory.Delete(Path.Combine(standby.Directory, "spaces-1"), recursive: true);
        await standby.StopAsync();
        await standby.StartAgainAsync();
        await AssertFollowsAsync(primary, standby, generation: 2);
    }

    [Fact]
    public async Task What_stands_at_the_final_name_is_never_touched()
    {
        await using var primary = await TestServer.StartAsync();
        await using var target = await TestDirectory.CreateAsync("clone");
        Directory.CreateDirectory(target.File("data"));
        await File.WriteAllTextAsync(target.File("data/precious"), "mine");
        var error = await Assert.ThrowsAsync<OperationException>(() => CloneAsync(primary, target.File("data")));
        Assert.Equal(ErrorCodes.Refused, error.Code);
        File.Delete(target.File("data/precious"));

        // It comes to hold something while the clone is being made.
        var clone = await CloneAsync(primary, target.File("data"));
        await File.WriteAllTextAsync(target.File("data/precious"), "mine");
        error = Assert.Throws<OperationException>(clone.PutInPlace);
        Assert.Equal(ErrorCodes.Refused, error.Code);
        Assert.Equal("mine", await File.ReadAllTextAsync(target.File("data/precious")));

        // The next attempt removes the unfinished clone, since it is known to be ours, and uses the slot again.
        File.Delete(target.File("data/precious"));
        clone = await CloneAsync(primary, target.File("data"));
        clone.PutInPlace();
        Assert.True(File.Exists(target.File("data/PG_VERSION")));
        Assert.Equal(["data"], Directory.EnumerateFileSystemEntries(target.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_directory_named_new_that_is_not_ours_is_left_alone()
    {
        await using var primary = await TestServer.StartAsync();
        await using var target = await TestDirectory.CreateAsync("clone");
        Directory.CreateDirectory(target.File("data.new"));
        var error = await Assert.ThrowsAsync<OperationException>(() => CloneAsync(primary, target.File("data")));
        Assert.Equal(ErrorCodes.Refused, error.Code);
        Assert.True(Directory.Exists(target.File("data.new")));
    }

    [Fact]
    public async Task A_damaged_primary_makes_no_standby()
    {
        await using var primary = await TestServer.StartAsync();
        await BackupScene.FillAsync(primary);
        var path = await primary.ScalarAsync("select pg_relation_filepath('item')");
        await primary.StopAsync();
        BackupScene.Damage(primary.DataDirectory, path!, block: 7);
        await primary.StartAgainAsync();
        await using var target = await TestDirectory.CreateAsync("clone");
        var error = await Assert.ThrowsAsync<OperationException>(() => CloneAsync(primary, target.File("data")));
        Assert.Equal(ErrorCodes.PageChecksumFailed, error.Code);
        Assert.Contains($"{path} block 7", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target.Path));
    }

    private static Task<StandbyClone> CloneAsync(
        TestServer primary, string directory, Func<TablespaceInfo, string?>? locateTablespace = null)
    {
        var request = new CloneRequest
        {
            Primary = BackupScene.SettingsOf(primary),
            SlotName = "two",
            DataDirectory = directory,
            LocateTablespace = locateTablespace ?? (static _ => null),
        };
        return new StandbyCloner(TimeProvider.System, NoBackupObserver.Instance).RunAsync(request, TestEnvironment.Stop);
    }

    private static string PlaceOf(TestServer standby, TablespaceInfo tablespace, int generation) =>
        Path.Combine(standby.Directory, $"spaces-{generation}", $"{tablespace.Oid}");

    private static async Task StartCloneAsync(TestServer primary, TestServer standby, StandbyClone clone)
    {
        await WriteRecoveryAsync(primary, clone.Directory);
        clone.PutInPlace();
        await BackupScene.StartAsync(standby, OptionsOf(primary));
    }

    /// <summary>It streams, has its own directories, and what is written on the primary arrives in them.</summary>
    private static async Task AssertFollowsAsync(TestServer primary, TestServer standby, int generation)
    {
        await TestStandby.WaitForStreamingAsync(primary, "two");
        await primary.ExecuteAsync("insert into far select max(n) + 1 from far");
        await TestStandby.WaitForReplayAsync(primary, standby);
        Assert.Equal(await primary.ScalarAsync("select sum(n) from far"), await standby.ScalarAsync("select sum(n) from far"));
        const string Places = "select string_agg(pg_tablespace_location(oid), ' ' order by oid) from pg_tablespace where oid > 16383";
        Assert.Equal(
            Directory.GetDirectories(Path.Combine(standby.Directory, $"spaces-{generation}")).Order(StringComparer.Ordinal),
            (await standby.ScalarAsync(Places))!.Split(' '));
        Assert.Equal($"{primary.Directory}/full {primary.Directory}/empty", await primary.ScalarAsync(Places));
    }

    private static List<(string Path, long Bytes, DateTime Written)> ContentOf(TestServer standby, int generation) =>
    [
        .. new DirectoryInfo(Path.Combine(standby.Directory, $"spaces-{generation}"))
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .OrderBy(file => file.FullName, StringComparer.Ordinal)
            .Select(file => (file.FullName, file.Length, file.LastWriteTimeUtc)),
    ];

    private static string Follow(TestServer primary) =>
        $"{primary.Conninfo.Replace("dbname=postgres", "", StringComparison.Ordinal)} application_name=two";

    private static TestServerOptions OptionsOf(TestServer primary) => new(primary.Major)
    {
        Settings = primary.Major < 12
            ? new Dictionary<string, string>()
            : new Dictionary<string, string> { ["primary_conninfo"] = Follow(primary), ["primary_slot_name"] = "two" },
    };

    private static Task WriteRecoveryAsync(TestServer primary, string directory) => primary.Major < 12
        ? File.WriteAllTextAsync(
            Path.Combine(directory, "recovery.conf"),
            $"standby_mode = on\nprimary_slot_name = 'two'\nprimary_conninfo = '{Follow(primary)}'\n")
        : File.WriteAllTextAsync(Path.Combine(directory, "standby.signal"), "");
}
