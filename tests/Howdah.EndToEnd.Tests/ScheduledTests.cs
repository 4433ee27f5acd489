using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>On one machine <c>howdah up</c> does by the clock what an agent does on several.</summary>
public sealed class ScheduledTests
{
    [Fact]
    public async Task A_backup_that_became_due_while_nobody_watched_is_taken_when_up_watches_again()
    {
        await using var lab = await Lab.UpAsync();
        await lab.HowdahAsync("down");
        await File.AppendAllTextAsync(lab.ClusterFile, "\n[schedule]\nbackup = \"30 2 * * *\"\n", TestEnvironment.Stop);
        var state = Path.Combine(lab.Home, "state", "last-backup");
        await File.WriteAllTextAsync(state, "2026-01-01T00:00:00+00:00\n", TestEnvironment.Stop);
        await TestDirectory.GiveToServerUserAsync(state);

        await lab.HowdahAsync("up", "--detach");
        await TestWait.UntilAsync("the scheduled backup is there", async () => await CountSnapshotsAsync(lab) == 2);
        Assert.DoesNotContain("2026-01-01", await File.ReadAllTextAsync(state, TestEnvironment.Stop), StringComparison.Ordinal);
        var log = await File.ReadAllTextAsync(Path.Combine(lab.Home, "state", "up.log"), TestEnvironment.Stop);
        Assert.Contains("backup: due since ", log, StringComparison.Ordinal);
    }

    private static async Task<int> CountSnapshotsAsync(Lab lab)
    {
        using var told = JsonDocument.Parse(await lab.HowdahAsync("backups", "--json"));
        return told.RootElement.GetProperty("snapshots").GetArrayLength();
    }
}
