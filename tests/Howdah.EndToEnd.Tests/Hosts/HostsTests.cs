using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>The seed task on three hosts, and what happens to hosts.</summary>
public sealed class HostsTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Three_hosts_pass_the_seed_task(int major)
    {
        await using var lab = await HostLab.ProtectedAsync(major);
        var followers = await lab.SqlAsync(
            "master", "select usename, application_name, host(client_addr), state from pg_stat_replication order by 2");
        Assert.Equal(
            $"streaming_barman|barman_receive_wal|{HostLab.AddressOf("backup")}|streaming\n"
            + $"streaming_barman|walreceiver|{HostLab.AddressOf("slave")}|streaming",
            followers);
        var encrypted = await lab.SqlAsync(
            "master", "select count(*) from pg_stat_ssl join pg_stat_replication using (pid) where ssl");
        Assert.Equal("2", encrypted);

        var switched = await lab.TryBarmanAsync("backup", "switch-wal", "--force", "--archive", HostLab.Name);
        Assert.True(switched.ExitCode == 0, switched.Everything);
        Assert.Contains($"has been closed on server '{HostLab.Name}'", switched.Output);
        var check = await lab.TryBarmanAsync("backup", "check", HostLab.Name);
        Assert.True(check.ExitCode == 0, check.Everything);
        Assert.DoesNotContain("FAILED", check.Output);

        await RequirePsqlFromEveryHostAsync(lab);
        await lab.SqlAsync("master", "create database \"test\"");
        await TestWait.UntilAsync(
            "the database is on the standby",
            async () => await lab.SqlAsync("slave", "select count(*) from pg_database where datname = 'test'") == "1");
        await RequireRenderedFilesAsync(lab, major);
    }

    [Fact]
    public async Task A_host_that_was_stopped_goes_on_when_its_agent_starts()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        var down = await lab.TryHowdahAsync("master", "down");
        Assert.True(down.ExitCode == 0, down.Everything);
        Assert.Contains("is down on master; systemctl start howdah-agent brings it back", down.Everything, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(lab.DataOf("master"), "postmaster.pid")));
        Assert.True(File.Exists(Path.Combine(lab.DataOf("slave"), "postmaster.pid")));

        lab.StartAgent("master");
        await lab.AwaitProtectedAsync();
        await AwaitKeptAsync(lab);
    }

    [Fact]
    public async Task A_host_without_network_is_not_seen_and_the_others_go_on()
    {
        await using var lab = await HostLab.ProtectedAsync();
        foreach (var host in HostLab.Hosts)
            await LoseNetworkAsync(lab, host);
    }

    private static async Task LoseNetworkAsync(HostLab lab, string host)
    {
        var other = host == "backup" ? "master" : "backup";
        await lab.Network.CutAsync(host);
        await TestWait.UntilAsync(
            $"{other} tells that {host} cannot be seen",
            async () => (await lab.TryHowdahAsync(other, "status")) is { ExitCode: 1, Output: var said }
                && said.Contains($"{host} cannot be seen", StringComparison.Ordinal));
        await lab.SqlAsync("master", "drop table if exists kept");
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        // It may take longer to miss the others than they to miss it.
        await TestWait.UntilAsync(
            $"{host} promises nothing of the others",
            async () => await lab.TryHowdahAsync(host, "status") is { ExitCode: 1 } alone
                && !alone.Output.Split('\n')[0].Contains("slave", StringComparison.Ordinal));

        await lab.Network.HealAsync(host);
        // Its connections live on and need a moment to send again what was lost.
        await AwaitKeptAsync(lab);
        await lab.AwaitProtectedAsync();
    }

    [Theory]
    [InlineData("master")]
    [InlineData("slave")]
    [InlineData("backup")]
    public async Task A_host_that_loses_its_power_comes_back_as_it_was(string host)
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        await lab.KillHostAsync(host);
        lab.StartAgent(host);
        await lab.AwaitProtectedAsync();
        await AwaitKeptAsync(lab);
    }

    [Fact]
    public async Task All_hosts_lose_their_power_and_come_back_in_any_order()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        foreach (var host in HostLab.Hosts)
            await lab.KillHostAsync(host);
        foreach (var host in HostLab.Hosts.Reverse())
            lab.StartAgent(host);
        await lab.AwaitProtectedAsync();
        await AwaitKeptAsync(lab);
    }

    [Fact]
    public async Task An_old_primary_that_comes_back_does_not_start_and_follows_when_it_is_told_to()
    {
        await using var lab = await HostLab.ProtectedAsync();
        var lost = lab.Postmaster("master");
        await lab.KillHostAsync("master");
        var promoted = lab.Postmaster("slave");
        await lab.SqlAsync("slave", "select pg_promote()");
        await TestWait.UntilAsync(
            "WAL of the new primary is received",
            async () => await lab.TryHowdahAsync(
                "slave", "psql", "slave", "-XAtc", "select application_name from pg_stat_replication where state = 'streaming'")
                is { ExitCode: 0, Output: "barman_receive_wal\n" });
        await lab.SqlAsync("slave", "create table kept as select 1 as x");

        lab.StartAgent("master");
        const string remedy = "was a primary and is not one any more; to let it follow, and to keep what only it held: "
            + "howdah standby rebuild master";
        foreach (var host in HostLab.Hosts)
        {
            await TestWait.UntilAsync(
                $"{host} says what to decide",
                async () => (await lab.TryHowdahAsync(host, "status")) is { ExitCode: 1, Output: var said }
                    && said.Contains(remedy, StringComparison.Ordinal));
        }

        Assert.Equal(lost, lab.Postmaster("master"));
        Assert.False(ProcessTree.Exists(lost), "the old primary was started");

        var rebuilt = await lab.TryHowdahAsync("backup", "standby", "rebuild", "master");
        Assert.True(rebuilt.ExitCode == 0, rebuilt.Everything);
        await lab.AwaitProtectedAsync();
        await TestWait.UntilAsync(
            "it follows the new primary",
            async () => await lab.TryHowdahAsync("master", "psql", "master", "-XAtc", "select x, pg_is_in_recovery() from kept")
                is { ExitCode: 0, Output: "1|t\n" });
        Assert.True(Directory.Exists(lab.DataOf("master") + ".removed"), "what only it held is gone");
        Assert.Equal(promoted, lab.Postmaster("slave"));
    }

    [Fact]
    public async Task Servers_outlive_their_agents()
    {
        await using var lab = await HostLab.ProtectedAsync();
        var before = (lab.Postmaster("master"), lab.Postmaster("slave"));
        await lab.StopAgentAsync("master");
        foreach (var host in HostLab.Hosts.Skip(1))
            await lab.KillAgentAsync(host);
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        // An edit that nobody has applied, and a slip in it.
        await lab.EditClusterFileAsync("master", lab.ClusterToml + "[nonsense");
        foreach (var host in HostLab.Hosts)
            lab.StartAgent(host);
        await lab.AwaitProtectedAsync();
        await lab.EditClusterFileAsync("master", lab.ClusterToml);
        Assert.Equal(before, (lab.Postmaster("master"), lab.Postmaster("slave")));
        await AwaitKeptAsync(lab);
    }

    [Fact]
    public async Task A_server_that_is_not_of_the_cluster_gets_no_password()
    {
        await using var lab = await HostLab.ProtectedAsync();
        foreach (var host in HostLab.Hosts)
            await lab.KillAgentAsync(host);
        await lab.ReplaceServerCertificateAsync("master");
        var commands = new Dictionary<string, Task<CommandResult>>
        {
            ["wal switch"] = lab.TryHowdahAsync("backup", "wal", "switch"),
            ["backup"] = lab.TryHowdahAsync("backup", "backup"),
            ["psql"] = lab.TryHowdahAsync("backup", "psql", "master", "-c", "select 1"),
        };
        foreach (var (name, running) in commands)
        {
            var result = await running;
            Assert.True(result.ExitCode != 0 && result.Error.Contains("certificate", StringComparison.Ordinal), name + result.Everything);
        }

        // Barman's words have no room for the reason.
        Assert.Equal(1, (await lab.TryBarmanAsync("backup", "switch-wal", HostLab.Name)).ExitCode);
    }

    [Fact]
    public async Task A_token_lets_in_one_host_once()
    {
        await using var lab = await HostLab.CreateAsync();
        var joins = (await lab.HowdahAsync("master", "init")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lab.StartAgent("master");
        await lab.AwaitListeningAsync("master");
        var join = joins[0].Split(' ')[1..];
        // So that no list of processes shows it.
        var typed = await lab.TryRootShellAsync("slave", $"{string.Join(' ', join[..^1].Prepend("howdah"))} - <<< '{join[^1]}'");
        Assert.True(typed.ExitCode == 0, typed.Everything);
        var again = await lab.TryHowdahAsync("backup", join);
        Assert.NotEqual(0, again.ExitCode);
        Assert.Contains("token-used", again.Error, StringComparison.Ordinal);

        var at = join[^1].LastIndexOf('@');
        var forged = join[^1][..(at - 64)] + new string('0', 64) + join[^1][at..];
        var stranger = await lab.TryHowdahAsync("backup", [.. join[..^1], forged]);
        Assert.NotEqual(0, stranger.ExitCode);
        Assert.Contains("authority-mismatch", stranger.Error, StringComparison.Ordinal);

        foreach (var minutes in new[] { "0", "100000" })
            Assert.NotEqual(0, (await lab.TryHowdahAsync("master", "token", "backup", "--minutes", minutes)).ExitCode);
        var another = (await lab.HowdahAsync("master", "token", "backup", "--minutes", "1")).Trim();
        await lab.HowdahAsync("backup", another.Split(' ')[1..]);
    }

    /// <summary>A node's own host is its superuser's; from another, statistics can be looked at.</summary>
    private static async Task RequirePsqlFromEveryHostAsync(HostLab lab)
    {
        const string who = "select current_user, pg_is_in_recovery()";
        foreach (var (host, node, answer) in new[]
        {
            ("master", "", "postgres|f"), ("slave", "", "barman|f"), ("backup", "", "barman|f"),
            ("slave", "slave", "postgres|t"), ("master", "slave", "barman|t"), ("backup", "slave", "barman|t"),
        })
        {
            string[] arguments = node.Length > 0 ? ["psql", node, "-XAtc", who] : ["psql", "-XAtc", who];
            Assert.Equal(answer, (await lab.HowdahAsync(host, arguments)).TrimEnd('\n'));
        }
    }

    /// <summary>What deploy/vagrant has for reading, for some versions, is what is in place.</summary>
    private static async Task RequireRenderedFilesAsync(HostLab lab, int major)
    {
        var rendered = new DirectoryInfo(RepositoryRoot.PathOf($"deploy/vagrant/rendered/{major}"));
        Assert.Equal(major is 11 or 15, rendered.Exists);
        foreach (var file in rendered.Exists ? rendered.GetFiles("*", SearchOption.AllDirectories) : [])
        {
            var inPlace = Path.Combine(lab.DataOf(file.Directory!.Name), file.Name);
            Func<string[], string[]> comparable = file.Name == "postgresql.conf" ? NamesSet : WithoutSizeOfDisk;
            Assert.Equal(comparable(await File.ReadAllLinesAsync(file.FullName)), comparable(await File.ReadAllLinesAsync(inPlace)));
        }
    }

    // The values are initdb's, by the memory, the time zone and the locale of the machine.
    private static string[] NamesSet(string[] lines) =>
        [.. lines.Where(line => line.Trim() is [not '#', ..]).Select(line => line.Split('=')[0].Trim())];

    // How much WAL a slot may hold back is computed from the disk, which rendering does not look at.
    private static string[] WithoutSizeOfDisk(string[] lines) =>
        [.. lines.Where(line => !line.Contains("max_slot_wal_keep_size") && !line.Contains("from the size of the disk"))];

    private static Task AwaitKeptAsync(HostLab lab) => TestWait.UntilAsync(
        "what was written is on the standby",
        async () => await lab.TryHowdahAsync("slave", "psql", "slave", "-XAtc", "select x from kept") is { ExitCode: 0, Output: "1\n" });
}
