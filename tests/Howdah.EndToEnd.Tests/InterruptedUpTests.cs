using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>Law 7: <c>kill -9</c> anywhere, run again, and it converges.</summary>
public sealed class InterruptedUpTests
{
    [Theory]
    [InlineData(11, 1)]
    [InlineData(15, 2)]
    [InlineData(15, 3)]
    [InlineData(18, 4)]
    public async Task Up_killed_at_random_moments_converges_when_run_again(int major, int seed)
    {
        const int Rounds = 8;
        var random = new Random(seed);
        await using var lab = await Lab.CreateAsync(new LabOptions(major));
        var killed = 0;
        for (var round = 0; round < Rounds; round++)
        {
            // An uninterrupted one takes some seconds: early moments as likely as late ones.
            var moment = TimeSpan.FromMilliseconds(Math.Exp(random.NextDouble() * Math.Log(200)) * 40);
            if (await StartAndKillAsync(lab, moment)) killed++;
        }

        Assert.True(killed > 0, "every round ended before it was killed");
        await lab.HowdahAsync("up", "--detach");
        await AssertWholeAsync(lab);
        await lab.HowdahAsync("destroy", "--yes");
        Assert.False(Directory.Exists(lab.DataOf("master")));
    }

    [Fact]
    public async Task A_killed_service_is_brought_back_by_up_and_no_wal_is_missing()
    {
        await using var lab = await Lab.UpAsync();
        await KillServicesAsync(lab);
        await lab.SqlAsync("master", "create table written_while_dead as select generate_series(1, 100000) as x");
        await lab.SqlAsync("master", "select pg_switch_wal()");
        await lab.HowdahAsync("up", "--detach");
        await AssertWholeAsync(lab);
    }

    private static async Task<bool> StartAndKillAsync(Lab lab, TimeSpan moment)
    {
        using var process = TestCommand.Start([HowdahBinary.Path, "up", "--detach"], lab.Environment());
        var ended = await EndsWithinAsync(process, moment);
        await KillServicesAsync(lab);
        if (!ended) process.Kill(entireProcessTree: false);
        await process.WaitForExitAsync(TestEnvironment.Stop);
        return !ended;
    }

    private static async Task<bool> EndsWithinAsync(System.Diagnostics.Process process, TimeSpan moment)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestEnvironment.Stop);
        limit.CancelAfter(moment);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!TestEnvironment.Stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task KillServicesAsync(Lab lab)
    {
        var services = lab.Services();
        foreach (var service in services) ProcessTree.Signal(service, ProcessTree.SigKill);
        await TestWait.UntilAsync("the killed services are gone", () => !lab.Services().Intersect(services).Any());
    }

    private static async Task AssertWholeAsync(Lab lab)
    {
        await TestWait.UntilAsync(
            "both followers stream",
            async () => await lab.SqlAsync("master", "select count(*) from pg_stat_replication where state = 'streaming'") == "2");
        Assert.Equal("2", await lab.SqlAsync("master", "select count(*) from pg_replication_slots"));
        var gaps = await lab.TryHowdahAsync("wal", "gaps");
        Assert.True(gaps.ExitCode == 0, gaps.Everything);
    }
}
