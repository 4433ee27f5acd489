using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.Restore;

/// <summary>At its target the restored server does what was asked.</summary>
public sealed class RecoveryActionTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task It_waits_for_a_look_goes_on_to_write_or_stops_to_be_sent_further(int major)
    {
        await using var scene = await RestoreScene.CreateAsync(major);
        await scene.Primary.ExecuteAsync("create table mark (n int)");
        await scene.BackupAsync();
        var lsns = new List<string>();
        for (var row = 1; row <= 3; row++)
        {
            await scene.Primary.ExecuteAsync($"insert into mark values ({row})");
            lsns.Add((await scene.Primary.ScalarAsync("select pg_current_wal_lsn()::text"))!);
        }

        await scene.StoreWalAsync();
        var target = new RestoreTarget { Kind = RestoreTargetKind.Lsn, Lsn = Lsn.Parse(lsns[0]), Inclusive = false };
        await PausesAsync(scene, target with { Action = RecoveryAction.Pause });
        await PromotesAsync(scene, target with { Action = RecoveryAction.Promote });
        await StopsAsync(scene, target with { Action = RecoveryAction.Shutdown }, later: lsns[1]);
    }

    private static async Task PausesAsync(RestoreScene scene, RestoreTarget target)
    {
        await using var server = await scene.RestoreAndStartAsync(target);
        await RestoreScene.WaitForTargetAsync(server);
        Assert.Equal("True", await server.ScalarAsync("select pg_is_in_recovery()"));
        Assert.Equal("1", await server.ScalarAsync("select count(*) from mark"));
        await server.ExecuteAsync("select pg_wal_replay_resume()");
        await TestWait.UntilAsync(
            "recovery has ended", async () => await server.ScalarAsync("select pg_is_in_recovery()") == "False");
        Assert.Equal("1", await server.ScalarAsync("select count(*) from mark"));
    }

    private static async Task PromotesAsync(RestoreScene scene, RestoreTarget target)
    {
        await using var server = await scene.RestoreAndStartAsync(target);
        await TestWait.UntilAsync(
            "recovery has ended", async () => await server.ScalarAsync("select pg_is_in_recovery()") == "False");
        await server.ExecuteAsync("insert into mark values (10)");
        Assert.Equal("2", await server.ScalarAsync("select count(*) from mark"));
    }

    private static async Task StopsAsync(RestoreScene scene, RestoreTarget target, string later)
    {
        await using var server = await scene.RestoreAsync(target);

        // A hot standby answers for a moment before it stops, and then pg_ctl calls it started.
        await Record.ExceptionAsync(() => server.StartAgainAsync());
        await TestWait.UntilAsync("the server is gone", () => !File.Exists(Path.Combine(server.DataDirectory, "postmaster.pid")));
        Assert.Contains("shutdown at recovery target", await server.ReadLogAsync(), StringComparison.Ordinal);

        var file = Path.Combine(server.DataDirectory, scene.Major < 12 ? "recovery.conf" : "postgresql.auto.conf");
        var settings = await File.ReadAllTextAsync(file);
        Assert.Contains($"'{target.Lsn}'", settings, StringComparison.Ordinal);
        Assert.Contains("shutdown", settings, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            file,
            settings.Replace($"'{target.Lsn}'", $"'{later}'", StringComparison.Ordinal)
                .Replace("shutdown", "promote", StringComparison.Ordinal));
        await server.StartAgainAsync();
        await TestWait.UntilAsync(
            "recovery has ended", async () => await server.ScalarAsync("select pg_is_in_recovery()") == "False");
        Assert.Equal("2", await server.ScalarAsync("select count(*) from mark"));
    }
}
