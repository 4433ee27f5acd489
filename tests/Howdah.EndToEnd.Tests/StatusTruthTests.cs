using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>What <c>howdah status</c> and <c>howdah slots</c> say when something is not well: unknown is never green.</summary>
public sealed class StatusTruthTests
{
    private const int Failed = 1;
    private const int Unreachable = 12;

    [Fact]
    public async Task A_stopped_receiver_and_then_a_stopped_standby_are_no_protection()
    {
        await using var lab = await Lab.UpAsync();
        // At first the only moment is that of the base backup.
        await TestWait.UntilAsync("more moments than one", async () => (await lab.HowdahAsync("status")).Contains("any moment"));
        await lab.KillServicesAsync();
        await ShownText.AssertPrintsAsync(
            lab, Failed,
            """
            Not protected — would lose 0 bytes (slave holds every commit)
            Can restore any moment from TIME to TIME (SPAN ago) · last drill: restored and queried in SPAN
              ✗ howdah up does not run: nobody watches, and no WAL is received
              ✗ backup: does not receive

              ✓ master  primary  MASTER  VERSION
              ✓ slave  standby  SLAVE  VERSION  streaming  0 bytes behind
              ✗ backup  backup  1 snapshot  not streaming  does not receive

            seen TIME; to have it watched: howdah up --detach

            """,
            "status");
        await AssertSlotsAsync(lab);

        await lab.KillServerAsync("slave");
        await ShownText.AssertPrintsAsync(
            lab, Failed,
            """
            Not protected — what would be lost is not known
            Can restore any moment from TIME to TIME (SPAN ago) · last drill: restored and queried in SPAN
              ✗ howdah up does not run: nobody watches, and no WAL is received
              ✗ slave does not run
              ✗ backup: does not receive

              ✓ master  primary  MASTER  VERSION
              ✗ slave  unknown  SLAVE  does not run
              ✗ backup  backup  1 snapshot  not streaming  does not receive

            seen TIME; to have it watched: howdah up --detach

            """,
            "status");
    }

    [Fact]
    public async Task Of_a_frozen_primary_nothing_is_claimed_and_nothing_is_green()
    {
        await using var lab = await Lab.UpAsync();
        await TestWait.UntilAsync("more moments than one", async () => (await lab.HowdahAsync("status")).Contains("any moment"));
        var frozen = ProcessTree.WithChildren(lab.Postmaster("master")!.Value);
        foreach (var process in frozen) ProcessTree.Signal(process, ProcessTree.SigStop);
        try
        {
            await AssertNothingIsGreenAsync(lab);
            // Each waits a while for an answer.
            var told = await Task.WhenAll(lab.TryHowdahAsync("status", "--json"), lab.TryHowdahAsync("slots"));
            using var status = JsonDocument.Parse(told[0].Output);
            Assert.NotEqual("good", status.RootElement.GetProperty("protected").GetString());
            Assert.False(status.RootElement.TryGetProperty("would_lose_bytes", out _));
            Assert.False(status.RootElement.TryGetProperty("protected_since", out _));
            Assert.Equal((Unreachable, ""), (told[1].ExitCode, told[1].Output));
            Assert.Contains("no slot was seen: the primary does not answer\nhint: see howdah status\n", told[1].Error);
        }
        finally
        {
            foreach (var process in frozen) ProcessTree.Signal(process, ProcessTree.SigCont);
        }
    }

    private static async Task AssertNothingIsGreenAsync(Lab lab)
    {
        var result = await TestWait.ForAsync(
            "the primary does not answer",
            async () => await lab.TryHowdahAsync("status") is var seen && seen.Output.Contains("not known", StringComparison.Ordinal)
                ? seen
                : null);
        var screen = ShownText.Of(lab, result.Output);
        Assert.True(result.ExitCode == Failed, result.Everything);
        string[] told =
        [
            "Not protected — what would be lost is not known",
            "  ✗ slave cannot be seen to follow: the primary does not answer",
            "  ✗ backup: cannot be seen to receive: the primary does not answer",
            "  ✗ slave  standby  SLAVE  VERSION  not streaming  cannot be seen to follow",
            "  ✗ backup  backup  1 snapshot  not streaming  cannot be seen to receive",
        ];
        Assert.All(told, line => Assert.True(screen.Split('\n').Contains(line), $"{line}\nis not in\n{screen}"));
        Assert.True(screen.Contains("\n  ? master  unknown  MASTER  ", StringComparison.Ordinal), screen);
        Assert.DoesNotContain("✓", screen);
        // What the repository holds is known all the same.
        Assert.Contains("\nCan restore any moment from TIME to TIME (SPAN ago) ", screen);
    }

    /// <summary>Nobody takes the backup host's WAL while the standby keeps up, and somebody else has a slot, too.</summary>
    private static async Task AssertSlotsAsync(Lab lab)
    {
        await lab.CreateAppRoleAsync();
        await lab.SqlAsync("master", "select pg_create_physical_replication_slot('somebody', true)");
        await lab.SqlAsync("master", "create table written as select generate_series(1, 100000) as x");
        await using (var load = await CommitLoad.StartAsync(() => lab.ConnectAsync(), clients: 2))
        {
            await load.WaitForAsync(100);
            var lines = ShownText.Of(lab, await lab.HowdahAsync("slots")).Split('\n').ToDictionary(line => line.Split("  ")[0]);
            const string Kept = @"\d+(\.\d)?MiB  reserved";
            const string Why = "keeps the WAL that the repository on backup does not hold yet";
            Assert.Matches($"^barman  backup  idle  {Kept}  SPAN  {Why}$", lines["barman"]);
            Assert.Matches($"^somebody  nobody of ours  idle  {Kept}  SPAN$", lines["somebody"]);
            Assert.Matches(
                @"^slave  slave  active  [\d.]+ ?\w+  reserved  keeps up \(SPAN if it stopped\)  keeps the WAL ", lines["slave"]);
        }

        await lab.SqlAsync("master", "select pg_drop_replication_slot('somebody')");
    }
}
