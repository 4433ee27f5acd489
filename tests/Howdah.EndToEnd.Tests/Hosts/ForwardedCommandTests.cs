using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>Every command from any host: what one host has, the others ask its agent for.</summary>
public sealed class ForwardedCommandTests
{
    private const int Unreachable = 12;
    private const int Refused = 16;
    private const int Interrupted = 130;

    [Fact]
    public async Task Commands_give_the_same_on_every_host_and_say_so_where_they_cannot()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await ABackupAndADrillAreDoneWhereTheRepositoryIsAsync(lab);
        await EveryHostReadsTheSameAsync(lab);
        await PlacesOfThisHostAreRefusedAsync(lab);
        await WithoutTheAgentItIsSaidAsync(lab);
    }

    [Fact]
    public async Task A_standby_is_rebuilt_taken_out_and_added_from_another_host()
    {
        await using var lab = await HostLab.ProtectedAsync();
        var system = await SystemOfAsync(lab, "master");
        var server = lab.Postmaster("slave");

        var rebuilt = await lab.TryHowdahAsync("master", "standby", "rebuild", "slave");
        Assert.True(rebuilt.ExitCode == 0, rebuilt.Everything + await lab.LogsAsync());
        Assert.Contains("on slave, the node's host:", rebuilt.Error, StringComparison.Ordinal);
        Assert.Contains("standby slave: done", rebuilt.Error, StringComparison.Ordinal);
        Assert.NotEqual(server, lab.Postmaster("slave"));
        Assert.Equal(system, await SystemOfAsync(lab, "slave"));
        Assert.Equal("streaming", await lab.SqlAsync("master", "select state from pg_stat_replication where application_name = 'walreceiver'"));
        await AwaitRowAsync(lab, "rebuilt");

        var primary = await lab.TryHowdahAsync("slave", "standby", "rebuild", "master");
        Assert.Equal(Refused, primary.ExitCode);
        Assert.Contains("master is the primary", primary.Error, StringComparison.Ordinal);

        var removed = await lab.TryHowdahAsync("backup", "standby", "remove", "slave");
        Assert.True(removed.ExitCode == 0, removed.Everything + await lab.LogsAsync());
        Assert.Equal("0", await SlotsOfSlaveAsync(lab));
        // Neither its agent nor the primary's takes it back in, also while they do not see each other.
        await lab.KillAgentAsync("slave");
        await lab.KillAgentAsync("master");
        lab.StartAgent("master");
        await TestWait.UntilAsync(
            "the primary's agent goes on without the standby",
            async () => (await lab.TryHowdahAsync("backup", "status")).Output.Contains("slave cannot be seen", StringComparison.Ordinal));
        Assert.Equal("0", await SlotsOfSlaveAsync(lab));
        lab.StartAgent("slave");

        var added = await lab.TryHowdahAsync("master", "standby", "add", "slave");
        for (var round = 0; round < 50 && added.ExitCode == Unreachable; round++)
            added = await lab.TryHowdahAsync("master", "standby", "add", "slave"); // until its agent listens
        Assert.True(added.ExitCode == 0, added.Everything + await lab.LogsAsync());
        await lab.AwaitProtectedAsync();
        await AwaitRowAsync(lab, "added");
    }

    private static async Task ABackupAndADrillAreDoneWhereTheRepositoryIsAsync(HostLab lab)
    {
        var backup = await lab.TryHowdahAsync("master", "backup", "--label", "from the master");
        Assert.True(backup.ExitCode == 0, backup.Everything + await lab.LogsAsync());
        Assert.StartsWith("on backup, which has the repository:\n", backup.Error, StringComparison.Ordinal);
        var id = backup.Output.TrimEnd('\n');
        Assert.Contains(id, await lab.HowdahAsync("backup", "backups"), StringComparison.Ordinal);

        var drill = await lab.TryHowdahAsync("slave", "drill", "--json", "--query", "select 'it''s',\n 41 + 1");
        Assert.True(drill.ExitCode == 0, drill.Everything + await lab.LogsAsync());
        Assert.Contains("42", JsonDocument.Parse(drill.Output).RootElement.GetProperty("answer").GetString(), StringComparison.Ordinal);
        var failed = await lab.TryHowdahAsync("slave", "drill", "-q", "--query", "select no_such_column");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("howdah: error [506] drill-query-failed", failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("on backup", failed.Error, StringComparison.Ordinal);

        var interrupted = await lab.InterruptAsync(
            "master", TimeSpan.FromSeconds(10), "drill", "--query", "select pg_sleep(300)");
        Assert.Equal(Interrupted, interrupted.ExitCode);
        await TestWait.UntilAsync(
            "it is ended there, too",
            async () => (await lab.LogsAsync()).Contains("drill for master was ended: the caller went away", StringComparison.Ordinal));
    }

    private static async Task EveryHostReadsTheSameAsync(HostLab lab)
    {
        string[] commands =
        [
            "backups", "backups --json", "restore --plan --target-immediate", "restore latest --plan --json --target-immediate --to /srv/x",
            "wal gaps --json", "barman check " + HostLab.Name, "barman list-backups " + HostLab.Name,
            "barman -f json list-backups " + HostLab.Name, "barman -q list-backups --minimal " + HostLab.Name,
            "barman show-backup " + HostLab.Name + " latest", "barman list-backups nobody", "barman show-backup " + HostLab.Name + " none",
            "restore --plan no-such-snapshot", "uri", "uri slave --json",
        ];
        foreach (var command in commands)
        {
            var there = await lab.TryHowdahAsync("backup", command.Split(' '));
            foreach (var host in new[] { "master", "slave" })
            {
                var here = await lab.TryHowdahAsync(host, command.Split(' '));
                var said = command.StartsWith("barman", StringComparison.Ordinal) || command.Contains("--json", StringComparison.Ordinal)
                        || command is "uri"
                    ? ""
                    : "on backup, which has the repository:\n";
                Assert.Equal(
                    (command, there.ExitCode, there.Output, said + there.Error), (command, here.ExitCode, here.Output, here.Error));
            }
        }

        foreach (var host in new[] { "master", "slave" })
            Assert.Equal(await CheckedAsync(lab, "backup"), await CheckedAsync(lab, host));

        // What is received goes on meanwhile; the beginning of it stays.
        Assert.StartsWith("TIMELINE", await lab.HowdahAsync("slave", "wal", "list"), StringComparison.Ordinal);
        var check = await lab.TryBarmanAsync("master", "check", HostLab.Name);
        Assert.True(check is { ExitCode: 0, Error: "" }, check.Everything);
        var switched = await lab.TryBarmanAsync("slave", "switch-wal", "--force", "--archive", HostLab.Name);
        Assert.True(switched.ExitCode == 0, switched.Everything);
        Assert.Matches("^[0-9A-F]{24}\n$", await lab.HowdahAsync("slave", "wal", "switch"));
    }

    /// <summary>What check judges and how, without ages and room, which differ from one moment to the next; each host knows the clocks of
    /// the others.</summary>
    private static async Task<IEnumerable<string>> CheckedAsync(HostLab lab, string host) =>
        from line in (await lab.HowdahAsync(host, "check")).TrimEnd('\n').Split('\n')
        let parts = line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        where !parts[1].StartsWith("clock ", StringComparison.Ordinal)
        select $"{parts[0]} {parts[1]}";

    private static async Task PlacesOfThisHostAreRefusedAsync(HostLab lab)
    {
        var restore = await lab.TryHowdahAsync("master", "restore", "--to", "/srv/copy");
        Assert.Equal(Refused, restore.ExitCode);
        Assert.Contains("run it on backup", restore.Error, StringComparison.Ordinal);
        var drill = await lab.TryHowdahAsync("master", "drill", "--scratch", "/srv/scratch");
        Assert.Equal(Refused, drill.ExitCode);
        foreach (var verb in new[] { "up", "destroy" })
        {
            var refused = await lab.TryHowdahAsync("master", verb);
            Assert.Equal(Refused, refused.ExitCode);
            Assert.Contains("systemctl", refused.Error, StringComparison.Ordinal);
        }
    }

    private static async Task WithoutTheAgentItIsSaidAsync(HostLab lab)
    {
        await lab.KillAgentAsync("backup");
        var refused = await lab.TryHowdahAsync("master", "backups");
        Assert.Equal((Unreachable, ""), (refused.ExitCode, refused.Output));
        Assert.Contains(
            $"howdah backups is carried out on backup, which has the repository: the agent of backup ({HostLab.AddressOf("backup")}:7420) cannot "
            + "be reached: Connection refused",
            refused.Error, StringComparison.Ordinal);
        Assert.Contains("hint: start it on backup: systemctl start howdah-agent", refused.Error, StringComparison.Ordinal);
        var json = await lab.TryHowdahAsync("slave", "backups", "--json");
        Assert.Equal(
            "agent-unreachable", JsonDocument.Parse(json.Error).RootElement.GetProperty("error").GetProperty("name").GetString());
        var barman = await lab.TryBarmanAsync("slave", "check", HostLab.Name);
        Assert.Equal(1, barman.ExitCode);
        Assert.Contains("cannot be reached", barman.Error, StringComparison.Ordinal);
        await lab.Network.CutAsync("backup");
        var cut = await lab.TryHowdahAsync("master", "backups");
        Assert.Equal(Unreachable, cut.ExitCode);
        Assert.Contains("does not answer", cut.Error, StringComparison.Ordinal);
    }

    private static async Task<string> SystemOfAsync(HostLab lab, string host) =>
        await lab.SqlAsync(host, "select system_identifier from pg_control_system()");

    private static Task<string> SlotsOfSlaveAsync(HostLab lab) =>
        lab.SqlAsync("master", "select count(*) from pg_replication_slots where slot_name = 'slave'");

    private static async Task AwaitRowAsync(HostLab lab, string table)
    {
        await lab.SqlAsync("master", $"create table {table} as select 1 as x");
        await TestWait.UntilAsync(
            $"{table} is read on the standby",
            async () => await lab.TryHowdahAsync("slave", "psql", "slave", "-XAtc", $"select x from {table}")
                is { ExitCode: 0, Output: "1\n" });
    }
}
