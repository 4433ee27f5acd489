using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>The lab from nothing to nothing, with the checks of the task that it was made for.</summary>
public sealed class LabTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_lab_comes_up_is_protected_and_leaves_nothing_behind(int major)
    {
        await using var lab = await Lab.UpAsync(new LabOptions(major));

        var followers = await lab.SqlAsync("master", "select usename, application_name, state from pg_stat_replication order by 2");
        Assert.Equal("streaming_barman|barman_receive_wal|streaming\nstreaming_barman|walreceiver|streaming", followers);
        var slots = await lab.SqlAsync("master", "select count(*) from pg_replication_slots where active and slot_type = 'physical'");
        Assert.Equal("2", slots);

        await lab.SqlAsync("master", "create database \"test\"");
        await lab.SqlAsync("master", "create table users (id serial primary key, name varchar (255) unique not null)", "test");
        await lab.SqlAsync("master", "insert into users (name) values ('john')", "test");
        await TestWait.UntilAsync(
            "john is on the standby",
            async () =>
                await lab.TryHowdahAsync(
                    "psql", "slave", "-d", "test", "-XAtc", "select name from users") is { ExitCode: 0, Output: "john\n" });

        using var status = JsonDocument.Parse(await lab.HowdahAsync("status", "--json"));
        Assert.Equal(JsonValueKind.Object, status.RootElement.ValueKind);

        var checks = (await lab.HowdahAsync("check")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(14, checks.Length);
        Assert.All(checks, line => Assert.StartsWith("good  ", line));
        await lab.HowdahAsync("down");
        var down = await lab.TryHowdahAsync("check");
        Assert.Equal(1, down.ExitCode);
        Assert.Contains("bad      master       does not run", down.Output);

        await lab.HowdahAsync("destroy", "--yes");
        Assert.Empty(lab.Services());
        Assert.False(Directory.Exists(lab.DataOf("master")));
        Assert.False(Directory.Exists(lab.DataOf("slave")));
    }

    [Fact]
    public async Task Up_again_changes_nothing_and_down_keeps_the_data()
    {
        await using var lab = await Lab.UpAsync();
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        var primary = lab.Postmaster("master");
        await lab.HowdahAsync("up", "--detach");
        Assert.Equal(primary, lab.Postmaster("master"));

        await lab.HowdahAsync("down");
        Assert.Null(lab.Postmaster("master"));
        Assert.Null(lab.Postmaster("slave"));
        await TestWait.UntilAsync("no service is left", () => lab.Services().Count == 0);

        await lab.HowdahAsync("up", "--detach");
        Assert.Equal("1", await lab.SqlAsync("slave", "select x from kept"));
    }

    [Fact]
    public async Task No_secret_is_in_a_process_list_a_log_or_a_readable_file()
    {
        await using var lab = await Lab.UpAsync();
        var secrets = Directory.EnumerateFiles(Path.Combine(lab.Home, "secrets"), "*", SearchOption.AllDirectories).ToList();
        Assert.NotEmpty(secrets);
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        Assert.All(secrets, file => Assert.Equal(default, File.GetUnixFileMode(file) & Others));

        // The last field of a line of a passfile is a password; a file of one word is one.
        var words = secrets.SelectMany(File.ReadLines).Select(
            line => line.Split(':')[^1].Trim()).Where(word => word.Length >= 12).Distinct();
        var commandLines = ProcessTree.Where(_ => true).Select(ProcessTree.CommandLineOf).ToList();
        var logs = Directory.EnumerateFiles(lab.Home, "*.log", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        Assert.All(words, word =>
        {
            Assert.DoesNotContain(commandLines, line => line.Contains(word));
            Assert.DoesNotContain(logs, text => text.Contains(word));
        });
    }
}
