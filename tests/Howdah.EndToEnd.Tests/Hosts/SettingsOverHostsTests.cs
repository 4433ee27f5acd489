using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>What a standby must not have less of than its primary, by agents that see only their own servers.</summary>
public sealed class SettingsOverHostsTests
{
    [Fact]
    public async Task Limits_are_raised_and_lowered_without_a_standby_that_stops()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await ApplyAsync(lab, "max_connections = 210", "210");
        await ApplyAsync(lab, "max_connections = 60", "60");
        var log = await lab.ServerLogAsync("slave");
        Assert.DoesNotContain("recovery has paused", log);
        Assert.DoesNotContain("insufficient parameter settings", log);
    }

    [Fact]
    public async Task The_primary_waits_for_a_host_that_is_away_and_status_says_so()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.KillHostAsync("slave");
        var applied = await TryAsync(lab, "max_connections = 210");
        Assert.Contains(
            "  master: write howdah.conf of master (not as rendered from the cluster file: max_connections = 210, which takes a restart)\n",
            applied.Error, StringComparison.Ordinal);
        await TestWait.UntilAsync(
            "status says what the restart waits for",
            async () => (await lab.TryHowdahAsync("backup", "status")).Output.Contains(
                "master needs a restart for its changed settings, which is held back: wait until every standby has max_connections = 210",
                StringComparison.Ordinal));
        Assert.Equal("100", await lab.SqlAsync("master", "show max_connections"));

        lab.StartAgent("slave");
        await AwaitAsync(lab, "210");
    }

    private static async Task ApplyAsync(HostLab lab, string setting, string value)
    {
        await TryAsync(lab, setting);
        await AwaitAsync(lab, value);
    }

    private static async Task<CommandResult> TryAsync(HostLab lab, string setting)
    {
        var applied = await lab.TryApplyAsync("master", text => $"{text}\n[settings]\n{setting}\n");
        return applied.ExitCode == 0 ? applied : throw new InvalidOperationException(applied.Everything);
    }

    private static async Task AwaitAsync(HostLab lab, string value)
    {
        foreach (var host in new[] { "master", "slave" })
        {
            await TestWait.UntilAsync(
                $"{host} has max_connections = {value}",
                async () => (await lab.TryHowdahAsync(host, "psql", host, "-XAtc", "show max_connections")).Output.Trim() == value,
                TimeSpan.FromMinutes(2));
        }

        await lab.AwaitProtectedAsync();
    }
}
