using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.Backup;
using Howdah.Operations.CloneStandby;

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

    private static Task<StandbyClone> CloneAsync(TestServer primary, string directory) =>
        new StandbyCloner(TimeProvider.System, NoBackupObserver.Instance).RunAsync(
            new CloneRequest { Primary = BackupScene.SettingsOf(primary), SlotName = "two", DataDirectory = directory },
                TestEnvironment.Stop);

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
