using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>A changed cluster file for all hosts: what is shown before, what is refused, and who has it afterwards.</summary>
public sealed class ApplyTests
{
    private const string Etc = "/etc/howdah/howdah.toml";

    [Fact]
    public async Task Every_host_tells_its_share_and_what_none_could_take_reaches_none()
    {
        await using var lab = await HostLab.ProtectedAsync();
        // In its usual place, where what is in force must be told from the edit.
        var dropped = await lab.TryApplyAsync(
            "master", text => text[..text.LastIndexOf("[[nodes]]", StringComparison.Ordinal)]
                + text[text.IndexOf("[backup]", StringComparison.Ordinal)..]);
        Assert.True(dropped.ExitCode != 0, dropped.Everything);
        Assert.Contains("slave: the cluster file does not name node slave", dropped.Error, StringComparison.Ordinal);
        var other = await lab.TryApplyAsync(
            "master", text => text.Replace("postgresql = 15", "postgresql = 17", StringComparison.Ordinal));
        Assert.Contains("is of 15", other.Error, StringComparison.Ordinal);
        var refused = await lab.TryApplyAsync("master", text => text + "\n[settings]\nwork_men = \"7MB\"\n");
        Assert.True(refused.ExitCode != 0, refused.Everything);
        Assert.Contains("unrecognized configuration parameter \"work_men\"", refused.Error, StringComparison.Ordinal);
        Assert.Equal("1 1 1", await RevisionsAsync(lab));

        var applied = await lab.TryApplyAsync("master", text => text + "\n[settings]\nwork_mem = \"7MB\"\n");
        Assert.True(applied.ExitCode == 0, applied.Everything);
        Assert.Contains("  master: write ", applied.Error, StringComparison.Ordinal);
        Assert.Contains("work_mem = 7MB)\n", applied.Error, StringComparison.Ordinal);
        Assert.Contains("  slave: write ", applied.Error, StringComparison.Ordinal);
        Assert.Contains("  backup: nothing to do\n", applied.Error, StringComparison.Ordinal);
        Assert.Contains("3 of 3 hosts have revision 2", applied.Everything, StringComparison.Ordinal);
        foreach (var host in new[] { "master", "slave" })
            await TestWait.UntilAsync($"{host} has the setting", async () => await lab.SqlAsync(host, "show work_mem") == "7MB");
        await lab.AwaitProtectedAsync();
    }

    [Fact]
    public async Task It_may_be_applied_on_any_host_and_one_that_was_away_gets_it_and_an_old_file_in_etc_says_nothing()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.KillAgentAsync("backup");
        var applied = await lab.TryApplyAsync("slave", text => text + "\n[settings]\nwork_mem = \"7MB\"\n");
        Assert.True(applied.ExitCode == 0, applied.Everything);
        Assert.Contains("  backup: cannot be asked what it would do: ", applied.Error, StringComparison.Ordinal);
        Assert.Contains("2 of 3 hosts have revision 2", applied.Error, StringComparison.Ordinal);

        lab.StartAgent("backup");
        // The receiver of backup connects anew with it, and master hears of that within a second.
        var status = await TestWait.ForAsync(
            "backup has it, too",
            async () => await lab.TryHowdahAsync("master", "status") is { ExitCode: 0 } said
                && said.Output.Contains("; all by revision 2 of the cluster file\n", StringComparison.Ordinal) ? said : null);
        await TestWait.UntilAsync("master has the setting", async () => await lab.SqlAsync("master", "show work_mem") == "7MB");
        Assert.Contains(
            $"{Etc} says something else: revision 2 of the cluster file, which was applied, counts; to put this one in force: "
            + $"howdah apply {Etc}\n",
            status.Error, StringComparison.Ordinal);

        // A slip in an edit hides nothing either.
        await lab.EditClusterFileAsync("master", lab.ClusterToml + "[nonsense");
        var broken = await lab.TryHowdahAsync("master", "status");
        Assert.True(broken.ExitCode == 0, broken.Everything);
        Assert.Contains("see howdah config check", broken.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_port_of_the_agents_changes_where_all_answer_and_all_can_listen()
    {
        await using var lab = await HostLab.ProtectedAsync();
        var taken = await lab.TryApplyAsync("backup", text => text + "\n[agent]\nport = 5432\n");
        Assert.True(taken.ExitCode != 0, taken.Everything);
        Assert.Contains("cannot listen on 10.0.10.2:5432: Address already in use", taken.Error, StringComparison.Ordinal);

        await lab.KillAgentAsync("slave");
        var cutOff = await lab.TryApplyAsync("backup", text => text + "\n[agent]\nport = 7433\n");
        Assert.True(cutOff.ExitCode != 0, cutOff.Everything);
        Assert.Contains("slave would look for the others at port 7420 for ever", cutOff.Error, StringComparison.Ordinal);
        lab.StartAgent("slave");
        await lab.AwaitProtectedAsync();

        var applied = await lab.TryApplyAsync("backup", text => text + "\n[agent]\nport = 7433\n");
        Assert.True(applied.ExitCode == 0, applied.Everything);
        Assert.Contains("3 of 3 hosts have revision 2", applied.Everything, StringComparison.Ordinal);
        await TestWait.UntilAsync("all go by it", async () => await RevisionsAsync(lab) == "2 2 2");
        await lab.AwaitProtectedAsync();
        Assert.Contains("listening on 10.0.10.3:7433", await lab.LogsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_tells_how_old_what_it_shows_is_and_that_this_host_is_not_looked_after()
    {
        await using var lab = await HostLab.ProtectedAsync();
        var ages = (await lab.HowdahAsync("master", "status")).Split('\n')
            .Single(line => line.StartsWith("as of: ", StringComparison.Ordinal));
        Assert.Matches(@"^as of: master now, slave \d\.\d s ago, backup \d\.\d s ago; all by revision 1 of the cluster file$", ages);

        await lab.KillAgentAsync("slave");
        await TestWait.UntilAsync(
            "it is told when slave was last seen, by who has seen it",
            async () => (await lab.TryHowdahAsync("master", "status")) is { ExitCode: 1, Output: var said }
                && said.Contains("slave cannot be seen: ", StringComparison.Ordinal)
                && said.Contains(" (last seen 2", StringComparison.Ordinal));
        var own = await lab.TryHowdahAsync("slave", "status");
        Assert.Equal(1, own.ExitCode);
        Assert.Contains("✗ this host is not looked after: ", own.Output, StringComparison.Ordinal);
        // Its server goes on, and that is seen without an agent.
        Assert.Matches(@"✓ slave +standby ", own.Output);
    }

    [Fact]
    public async Task What_goes_on_looking_goes_on_asking_the_other_hosts()
    {
        await using var lab = await HostLab.ProtectedAsync();
        // Longer than a host that is not asked again counts as seen.
        var watched = await lab.InterruptAsync("backup", TimeSpan.FromSeconds(10), "status", "--watch", "--json");
        var verdicts = watched.Output.Split('\n').Where(line => line.StartsWith("  \"protected\":", StringComparison.Ordinal)).ToList();
        Assert.InRange(verdicts.Count, 7, 12);
        Assert.All(verdicts, verdict => Assert.Equal("  \"protected\": \"good\",", verdict));

        await lab.KillHostAsync("slave");
        var plan = await lab.TryHowdahAsync("backup", "plan");
        Assert.Matches(@"^as of: master \d\.\d s ago, slave .*, backup now$", plan.Error.Split('\n')[^2]);
        var writing = lab.SqlAsync(
            "master", "create table filled as select repeat(md5(i::text), 32) from generate_series(1, 800000) i");
        await TestWait.UntilAsync("the slot is seen to fall behind", async () => await OutlookAsync(lab, "slave") == "falls-behind");
        await writing;
    }

    private static async Task<string?> OutlookAsync(HostLab lab, string name)
    {
        using var json = JsonDocument.Parse((await lab.TryHowdahAsync("backup", "slots", "--json")).Output);
        return json.RootElement.GetProperty("slots").EnumerateArray()
            .Single(slot => slot.GetProperty("name").GetString() == name).GetProperty("outlook").GetString();
    }

    /// <summary>Of the cluster file on each host, as the backup host sees it.</summary>
    private static async Task<string> RevisionsAsync(HostLab lab)
    {
        using var status = JsonDocument.Parse((await lab.TryHowdahAsync("backup", "status", "--json")).Output);
        return string.Join(' ', status.RootElement.GetProperty("hosts").EnumerateArray().Select(
            host => host.TryGetProperty("revision", out var revision) ? revision.ToString() : "?"));
    }
}
