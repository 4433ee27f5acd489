using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>Commits that wait for other hosts: which they wait for, and that nobody is left to guess why.</summary>
public sealed class SynchronousTests
{
    [Fact]
    public async Task Commits_survive_the_loss_of_any_host_and_wait_where_none_is_left_and_that_is_announced()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await SetAsync(lab, "any", "ANY 1 (");
        await lab.KillHostAsync("slave");
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        await lab.KillHostAsync("backup");
        lab.StartShell("master", "psql -h /var/run/postgresql -d postgres -c 'insert into kept values (2)'");
        await AwaitStatusAsync(lab, "commits wait: they are answered when one of slave, backup hold them, and none of them does now");
        await TestWait.UntilAsync("the commit waits", async () => await WaitingAsync(lab) == "1");
        Assert.Contains(
            "not protected: ", await lab.LogsAsync(), StringComparison.Ordinal);

        lab.StartAgent("backup");
        await TestWait.UntilAsync("it is answered", async () => await WaitingAsync(lab) == "0");
        lab.StartAgent("slave");
        await lab.AwaitProtectedAsync();
        Assert.Equal("2", await lab.SqlAsync("slave", "select count(*) from kept"));
    }

    [Fact]
    public async Task With_all_a_single_host_that_is_away_makes_them_wait_until_it_is_back_or_the_file_says_off()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await SetAsync(lab, "all", "ANY 2 (");
        await lab.KillHostAsync("backup");
        lab.StartShell("master", "psql -h /var/run/postgresql -d postgres -c 'create table kept as select 1 as x'");
        await AwaitStatusAsync(lab, "commits wait: they are answered when all of slave, backup hold them, and only slave does now");
        await TestWait.UntilAsync("the commit waits", async () => await WaitingAsync(lab) == "1");

        var applied = await lab.TryApplyAsync("slave", text => text);
        Assert.True(applied.ExitCode == 0, applied.Everything);
        Assert.Contains(
            "  take care: commits will be answered before any other host holds them: whoever loses the primary loses the newest\n",
            applied.Error, StringComparison.Ordinal);
        await TestWait.UntilAsync("it is answered", async () => await WaitingAsync(lab) == "0");
        lab.StartAgent("backup");
        await lab.AwaitProtectedAsync();
        Assert.Equal("", await lab.SqlAsync("master", "show synchronous_standby_names"));
    }

    private static async Task SetAsync(HostLab lab, string mode, string names)
    {
        var applied = await lab.TryApplyAsync(
            "master", text => text.Replace("synchronous = \"off\"", $"synchronous = \"{mode}\"", StringComparison.Ordinal));
        Assert.True(applied.ExitCode == 0, applied.Everything);
        Assert.Contains("synchronous_standby_names = ANY ", applied.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("take care", applied.Error, StringComparison.Ordinal);
        await TestWait.UntilAsync(
            $"commits wait for {mode}",
            async () => (await lab.SqlAsync("master", "show synchronous_standby_names")).StartsWith(names, StringComparison.Ordinal));
        await lab.AwaitProtectedAsync();
    }

    private static Task AwaitStatusAsync(HostLab lab, string reason) => TestWait.UntilAsync(
        $"status says that {reason}",
        async () => (await lab.TryHowdahAsync("master", "status")) is { ExitCode: 1, Output: var said }
            && said.Contains(reason, StringComparison.Ordinal));

    private static Task<string> WaitingAsync(HostLab lab) =>
        lab.SqlAsync("master", "select count(*) from pg_stat_activity where wait_event = 'SyncRep'");
}
