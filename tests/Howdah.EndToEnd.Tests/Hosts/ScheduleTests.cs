using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>What the backup host does by the clock.</summary>
public sealed class ScheduleTests
{
    [Fact]
    public async Task A_backup_and_a_drill_are_made_when_the_cluster_file_says_so()
    {
        await using var lab = await HostLab.ProtectedAsync();
        var (snapshots, drill) = await DoneAsync(lab);
        var applied = await lab.TryApplyAsync("master", text => text + "\n[schedule]\nbackup = \"* * * * *\"\ndrill = \"* * * * *\"\n");
        Assert.True(applied.ExitCode == 0, applied.Everything);
        await TestWait.UntilAsync(
            "a scheduled backup and a scheduled drill are done",
            async () => await DoneAsync(lab) is var (more, later) && more > snapshots && later > drill,
            TimeSpan.FromMinutes(4));
        await lab.AwaitProtectedAsync();
    }

    private static async Task<(int Snapshots, DateTimeOffset Drill)> DoneAsync(HostLab lab)
    {
        using var status = JsonDocument.Parse((await lab.TryHowdahAsync("slave", "status", "--json")).Output);
        var backup = status.RootElement.GetProperty("backup");
        return (
            backup.TryGetProperty("snapshots", out var snapshots) ? snapshots.GetInt32() : 0,
            backup.TryGetProperty("last_drill_at", out var drill) ? drill.GetDateTimeOffset() : DateTimeOffset.MinValue);
    }
}
