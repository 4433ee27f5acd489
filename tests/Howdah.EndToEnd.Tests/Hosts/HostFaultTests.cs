using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>What goes wrong on one host while the others are well: they serve, status tells it, and all is well afterwards.</summary>
public sealed class HostFaultTests
{
    [Fact]
    public async Task An_agent_that_hangs_is_told_and_the_servers_go_on()
    {
        await using var lab = await HostLab.ProtectedAsync();
        foreach (var host in HostLab.Hosts)
            await HangAsync(lab, host);
    }

    private static async Task HangAsync(HostLab lab, string host)
    {
        lab.SignalAgent(host, ProcessTree.SigStop);
        await TestWait.UntilAsync(
            $"it is told that {host} cannot be seen, and since when",
            async () => (await lab.TryHowdahAsync(host == "backup" ? "master" : "backup", "status")) is { ExitCode: 1, Output: var said }
                && said.Contains($"{host} cannot be seen", StringComparison.Ordinal)
                && said.Contains(" (last seen 2", StringComparison.Ordinal));
        var own = await lab.TryHowdahAsync(host, "status");
        Assert.True(own.ExitCode == 1, own.Everything);
        Assert.Contains("this host is not looked after: ", own.Output, StringComparison.Ordinal);
        await lab.SqlAsync("master", $"create table kept_{host} as select 1 as x");
        await TestWait.UntilAsync(
            "the standby follows",
            async () => await lab.SqlAsync("slave", $"select to_regclass('kept_{host}')") == $"kept_{host}");

        lab.SignalAgent(host, ProcessTree.SigCont);
        await lab.AwaitProtectedAsync();
    }

    [Fact]
    public async Task A_full_disk_on_the_backup_host_is_told_and_no_commit_is_lost_when_there_is_room_again()
    {
        await using var lab = await HostLab.CreateAsync();
        await using var disk = await lab.LimitDiskAsync("backup", 512);
        await lab.JoinAllAsync();
        await lab.AwaitProtectedAsync();
        disk.Fill();
        await lab.SqlAsync("master", "create table kept as select repeat('x', 1000) from generate_series(1, 60000)");
        await TestWait.UntilAsync(
            "status is bad because the disk is full",
            async () => (await lab.TryHowdahAsync("master", "status")) is { ExitCode: 1, Output: var said }
                && said.Contains("space", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("60000", await lab.SqlAsync("master", "select count(*) from kept"));

        disk.MakeRoom();
        await lab.AwaitProtectedAsync();
        Assert.Equal("", (await lab.TryHowdahAsync("backup", "wal", "gaps")).Output);
        Assert.Contains(
            "60000", await lab.HowdahAsync("backup", "drill", "--query", "select count(*) from kept"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("master")]
    [InlineData("slave")]
    public async Task A_full_disk_under_a_server_is_told_and_all_goes_on_when_there_is_room_again(string host)
    {
        await using var lab = await HostLab.CreateAsync();
        await using var disk = await lab.LimitDiskAsync(host, 512);
        await lab.JoinAllAsync();
        await lab.AwaitProtectedAsync();
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        disk.Fill();
        // More than what is left of the segments that are there: where the disk is the primary's, the server ends and cannot start.
        var written = await lab.TryHowdahAsync(
            "master", "psql", "master", "-XAtc", "create table more as select repeat('x', 1000) from generate_series(1, 60000)");
        Assert.Equal(host == "master", written.ExitCode != 0);
        await TestWait.UntilAsync(
            "status tells whose disk it is, and where",
            async () => (await lab.TryHowdahAsync("backup", "status")) is { ExitCode: 1, Output: var said }
                && said.Contains($"the disk of {host} has no room for more WAL: ", StringComparison.Ordinal)
                && said.Contains(" of 512MiB left in /var/lib/howdah/", StringComparison.Ordinal));

        disk.MakeRoom();
        await lab.AwaitProtectedAsync();
        var count = host == "master" ? "to_regclass('more') is null" : "(select count(*) from more) = 60000";
        foreach (var node in new[] { "master", "slave" })
            Assert.Equal("1|t", await lab.SqlAsync(node, $"select x, {count} from kept"));
        Assert.Equal("", (await lab.TryHowdahAsync("backup", "wal", "gaps")).Output);
    }

    [Fact]
    public async Task Over_a_slow_and_lossy_line_everything_arrives()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.Network.WorsenAsync("backup");
        await lab.SqlAsync("master", "create table kept as select repeat(md5(i::text), 32) from generate_series(1, 3000) i");
        Assert.Equal("3000", await lab.SqlAsync("master", "select count(*) from kept"));
        var written = await lab.SqlAsync("master", "select pg_current_wal_flush_lsn()");
        await TestWait.UntilAsync(
            "the backup host has it all",
            async () => await lab.SqlAsync(
                "master", $"select flush_lsn >= '{written}' from pg_stat_replication where application_name = 'barman_receive_wal'") == "t");
        Assert.Equal("3000", await lab.SqlAsync("slave", "select count(*) from kept"));

        await lab.Network.RepairAsync("backup");
        await lab.AwaitProtectedAsync();
        Assert.Equal("", (await lab.TryHowdahAsync("backup", "wal", "gaps")).Output);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_is_told_and_nothing_depends_on_it()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.KillHostAsync("master");
        lab.StartAgent("master", clockAhead: TimeSpan.FromHours(3));
        await TestWait.UntilAsync(
            "it is told, and the cluster is protected",
            async () => (await lab.TryHowdahAsync("backup", "status")) is { ExitCode: 0, Output: var said }
                && said.Contains("the clock of master is 3 hours ahead of this host's", StringComparison.Ordinal));
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        await TestWait.UntilAsync(
            "the standby follows", async () => await lab.SqlAsync("slave", "select to_regclass('kept')") == "kept");

        await lab.KillHostAsync("master");
        lab.StartAgent("master");
        await TestWait.UntilAsync(
            "nothing is told any more",
            async () => (await lab.TryHowdahAsync("backup", "status")) is { ExitCode: 0, Output: var said }
                && !said.Contains("clock", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_whose_clock_is_before_the_certificates_says_so_and_comes_back()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.KillHostAsync("slave");
        lab.StartAgent("slave", clockAhead: TimeSpan.FromHours(-3));
        await TestWait.UntilAsync(
            "it is told why slave cannot be seen",
            async () => (await lab.TryHowdahAsync("backup", "status")) is { ExitCode: 1, Output: var said }
                && said.Contains("slave cannot be seen", StringComparison.Ordinal));
        await TestWait.UntilAsync(
            "its agent suspects the clocks",
            async () => (await lab.LogsAsync()).Contains("do the clocks differ?", StringComparison.Ordinal));
        await lab.SqlAsync("master", "create table kept as select 1 as x");

        await lab.KillHostAsync("slave");
        lab.StartAgent("slave");
        await lab.AwaitProtectedAsync();
        Assert.Equal("kept", await lab.SqlAsync("slave", "select to_regclass('kept')"));
    }
}
