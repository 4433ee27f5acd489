using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>Law 7: <c>kill -9</c> anywhere, run again, and it converges.</summary>
public sealed class InterruptedUpTests
{
    private const int KilledBySignal9 = 137;

    /// <summary>Steps that take far longer than a kill takes to arrive: a kill at their start is one within them.</summary>
    private static readonly string[] Long = ["InitializePrimary", "CloneStandby", "TakeBackup", "Prove"];

    /// <summary>Version 11 has a recovery.conf; 15 is killed at the starts, too.</summary>
    [Theory]
    [InlineData(11, true)]
    [InlineData(15, false)]
    [InlineData(18, true)]
    public async Task Up_killed_at_every_step_converges_when_run_again(int major, bool atEndsOnly)
    {
        await using var lab = await Lab.CreateAsync(new LabOptions(major));
        var plan = await PlanAsync(lab);
        Assert.True(plan.Count >= 14, $"only {plan.Count} steps to be made from nothing");
        var up = new KilledCommand(lab, "up") { IsAtEndsOnly = atEndsOnly };
        await up.RunAsync();

        string[] boundaries = atEndsOnly ? ["end"] : ["start", "end"];
        // What follows the primary may do so before anybody waits for it.
        var wanted = plan.Where(step => !step.Id.StartsWith("Await", StringComparison.Ordinal))
            .SelectMany(step => boundaries.Select(boundary => $"{boundary} {step.Text}"));
        List<string> longTexts = [.. plan.Where(step => Long.Contains(step.Id.Split(':')[0])).Select(step => step.Text)];
        // A short one may be done when the kill at its start arrives, and then nobody tells its end.
        var untold = plan.Select(step => step.Text).Except(longTexts)
            .Where(text => up.Boundaries.Contains($"start {text}")).Select(text => $"end {text}");
        Assert.Empty(wanted.Except(up.Boundaries).Except(untold));
        up.AssertAtBoundaries(longTexts);

        await lab.HowdahAsync("up", "--detach");
        await AssertWholeAsync(lab);
        await AssertSlotsAsync(lab, major);
    }

    [Theory]
    [InlineData(11, 1)]
    [InlineData(18, 4)]
    public async Task Up_killed_at_random_moments_converges_when_run_again(int major, int seed)
    {
        const int Rounds = 8;
        var random = new Random(seed);
        await using var lab = await Lab.CreateAsync(new LabOptions(major));
        var unfinished = 0;
        for (var round = 0; round < Rounds; round++)
        {
            // An uninterrupted one takes some seconds: early moments as likely as late ones.
            var moment = TimeSpan.FromMilliseconds(Math.Exp(random.NextDouble() * Math.Log(100)) * 40);
            if (!await IsUpWhenKilledAsync(lab, moment)) unfinished++;
        }

        // Each goes on where the one before was killed, so that later ones may be up and watch.
        Assert.True(unfinished > 2, $"only {unfinished} of {Rounds} were killed before it was up");
        await lab.HowdahAsync("up", "--detach");
        await AssertWholeAsync(lab);
        await lab.HowdahAsync("destroy", "--yes");
        Assert.False(Directory.Exists(lab.DataOf("master")));
    }

    [Fact]
    public async Task A_killed_service_is_brought_back_by_up_and_no_wal_is_missing()
    {
        await using var lab = await Lab.UpAsync();
        await lab.KillServicesAsync();
        await lab.SqlAsync("master", "create table written_while_dead as select generate_series(1, 100000) as x");
        await lab.SqlAsync("master", "select pg_switch_wal()");
        await lab.HowdahAsync("up", "--detach");
        await AssertWholeAsync(lab);
    }

    /// <summary>It stays when it is up, so that it never ends by itself: whenever it ends here, it was killed.</summary>
    private static async Task<bool> IsUpWhenKilledAsync(Lab lab, TimeSpan moment)
    {
        using var process = TestCommand.Start([HowdahBinary.Path, "up"], lab.Environment());
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestEnvironment.Stop);
        limit.CancelAfter(moment);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!TestEnvironment.Stop.IsCancellationRequested)
        {
            // The moment has come.
        }

        ProcessTree.Signal(process.Id, ProcessTree.SigKill);
        var said = await process.StandardError.ReadToEndAsync(TestEnvironment.Stop).WaitAsync(TestCommand.Deadline);
        await process.WaitForExitAsync(TestEnvironment.Stop);
        Assert.True(process.ExitCode == KilledBySignal9, $"exit code {process.ExitCode}\n{said}");
        return said.Contains(" is up", StringComparison.Ordinal);
    }

    /// <summary>The steps that there are to do, by id and text.</summary>
    private static async Task<IReadOnlyList<(string Id, string Text)>> PlanAsync(Lab lab)
    {
        using var plan = JsonDocument.Parse(await lab.HowdahAsync("plan", "--json"));
        return
        [
            .. plan.RootElement.GetProperty("steps").EnumerateArray()
                .Select(step => (step.GetProperty("id").GetString()!, step.GetProperty("text").GetString()!)),
        ];
    }

    /// <summary>Before 13 nothing limits what a slot keeps.</summary>
    private static async Task AssertSlotsAsync(Lab lab, int major)
    {
        using var told = JsonDocument.Parse(await lab.HowdahAsync("slots", "--json"));
        var slots = told.RootElement.GetProperty("slots").EnumerateArray().ToList();
        Assert.Equal(["barman", "slave"], slots.Select(slot => slot.GetProperty("name").GetString()).Order(StringComparer.Ordinal));
        foreach (var slot in slots)
        {
            Assert.Equal("wanted", slot.GetProperty("standing").GetString());
            Assert.True(slot.GetProperty("active").GetBoolean());
            Assert.InRange(slot.GetProperty("retained_bytes").GetInt64(), 0, 1 << 30);
            Assert.Equal(major < 13, slot.GetProperty("outlook").GetString() == "no-limit");
            Assert.Equal(major >= 13, slot.TryGetProperty("safe_wal_bytes", out _));
        }
    }

    private static async Task AssertWholeAsync(Lab lab)
    {
        await TestWait.UntilAsync(
            "both followers stream",
            async () => await lab.SqlAsync("master", "select count(*) from pg_stat_replication where state = 'streaming'") == "2");
        Assert.Equal("2", await lab.SqlAsync("master", "select count(*) from pg_replication_slots"));
        Assert.Equal("1", await lab.SqlAsync("slave", "select count(*) from howdah.proof"));
        foreach (var node in new[] { "master", "slave" })
            Assert.Equal(["data"], Directory.GetDirectories(Path.GetDirectoryName(lab.DataOf(node))!).Select(Path.GetFileName));
        var gaps = await lab.TryHowdahAsync("wal", "gaps");
        Assert.True(gaps.ExitCode == 0, gaps.Everything);
        await TestWait.UntilAsync("the cluster is protected", async () => (await lab.TryHowdahAsync("status")).ExitCode == 0);
    }
}
