using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>A lab under load meets the faults that hosts have, and comes back by itself with every acknowledged commit.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_killed_primary_is_started_again_and_both_followers_return()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { Synchronous = "any" });
        await lab.CreateAppRoleAsync();
        await using var load = await CommitLoad.StartAsync(() => lab.ConnectAsync(), clients: 4);
        await load.WaitForAsync(200);
        await lab.KillServerAsync("master");
        await load.StopAsync();
        await WaitForFollowersAsync(lab);
        await using var connection = await lab.ConnectAsync();
        Assert.Empty(await load.MissingFromAsync(connection));
    }

    [Fact]
    public async Task A_killed_standby_is_started_again_and_catches_up()
    {
        await using var lab = await Lab.UpAsync();
        await lab.CreateAppRoleAsync();
        await using var load = await CommitLoad.StartAsync(() => lab.ConnectAsync(), clients: 2);
        await load.WaitForAsync(100);
        await lab.KillServerAsync("slave");
        var before = load.AcknowledgedCount;
        await load.WaitForAsync(before + 100);
        await WaitForFollowersAsync(lab);
        await load.StopAsync();
        await TestWait.UntilAsync("the standby has every commit", async () =>
        {
            await using var standby = await lab.ConnectAsync(lab.StandbyAddress);
            return (await load.MissingFromAsync(standby)).Count == 0;
        });
    }

    [Fact]
    public async Task A_frozen_primary_is_not_reported_as_healthy_and_streams_again_when_it_thaws()
    {
        await using var lab = await Lab.UpAsync();
        var frozen = ProcessTree.WithChildren(lab.Postmaster("master")!.Value);
        foreach (var process in frozen) ProcessTree.Signal(process, ProcessTree.SigStop);
        try
        {
            await TestWait.UntilAsync(
                "status says that something is wrong", async () => (await lab.TryHowdahAsync("status")).ExitCode != 0);
        }
        finally
        {
            foreach (var process in frozen) ProcessTree.Signal(process, ProcessTree.SigCont);
        }

        await WaitForFollowersAsync(lab);
        await TestWait.UntilAsync("status is well again", async () => (await lab.TryHowdahAsync("status")).ExitCode == 0);
    }

    [Fact]
    public async Task A_frozen_backup_service_loses_nothing()
    {
        await using var lab = await Lab.UpAsync();
        await lab.CreateAppRoleAsync();
        var services = lab.Services();
        Assert.NotEmpty(services);
        foreach (var service in services) ProcessTree.Signal(service, ProcessTree.SigStop);
        await lab.SqlAsync("master", "create table written_while_frozen as select generate_series(1, 200000) as x");
        await lab.SqlAsync("master", "select pg_switch_wal()");
        foreach (var service in services) ProcessTree.Signal(service, ProcessTree.SigCont);
        await WaitForFollowersAsync(lab);
        var gaps = await lab.TryHowdahAsync("wal", "gaps");
        Assert.True(gaps.ExitCode == 0, gaps.Everything);
        var drill = await lab.HowdahAsync("drill", "--query", "select count(*) from written_while_frozen");
        Assert.Contains("200000", drill, StringComparison.Ordinal);
    }

    private static Task WaitForFollowersAsync(Lab lab) => TestWait.UntilAsync(
        "both followers stream",
        async () => await lab.TryHowdahAsync(
                "psql", "master", "-d", "postgres", "-XAtc", "select count(*) from pg_stat_replication where state = 'streaming'")
            is { ExitCode: 0, Output: "2\n" });
}
