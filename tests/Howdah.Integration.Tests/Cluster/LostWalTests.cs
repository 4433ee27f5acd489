using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>WAL that is gone for good: told, and made good by a new base backup that is proven.</summary>
public sealed class LostWalTests
{
    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_hole_is_reported_and_followed_by_a_new_base_backup(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        await LoseWalAsync(lab);

        var observer = new TestObserver();
        var again = await lab.UpAsync(observer);
        Assert.Contains(again.Steps, step => step.Kind == PlanStepKind.TakeBackup);
        Assert.Contains(again.Steps, step => step.Kind == PlanStepKind.Prove);
        Assert.Contains(observer.Announcements, said => said.Text.Contains("has already been removed"));

        var status = await lab.Operations().StatusAsync(lab.Token);
        Assert.Equal(1, status.Backup.Gaps);
        Assert.Equal(2, status.Backup.Snapshots);
        Assert.Equal(status.Backup.LastBackupAt, status.Backup.RestorableFrom);
        Assert.DoesNotContain(status.Reasons, reason => reason.Contains("newest WAL"));
        Assert.Equal(Verdict.Bad, status.Protected); // nobody receives once up has ended
    }

    /// <summary>Nobody receives, the slot is dropped, and the server recycles what it has no use for.</summary>
    private static async Task LoseWalAsync(ClusterLab lab)
    {
        await using var database = lab.Connect(lab.Master);
        foreach (var setting in new[] { "min_wal_size = '32MB'", "max_wal_size = '32MB'" })
            await database.ExecuteAsync($"alter system set {setting}", [], lab.Token);
        await database.ExecuteAsync("select pg_reload_conf()", [], lab.Token);
        await TestWait.UntilAsync("the slot is free", async () =>
            await lab.ScalarAsync(lab.Master, "select active from pg_replication_slots where slot_name = 'barman'") == "false");
        var first = await lab.ScalarAsync(
            lab.Master, "select pg_walfile_name(restart_lsn) from pg_replication_slots where slot_name = 'barman'");
        await database.ExecuteAsync("select pg_drop_replication_slot('barman')", [], lab.Token);
        await TestWait.UntilAsync($"the server removes {first}", async () =>
        {
            await database.ExecuteAsync("create table if not exists filler (x int)", [], lab.Token);
            await database.ExecuteAsync("insert into filler values (1)", [], lab.Token);
            await database.ExecuteAsync("select pg_switch_wal()", [], lab.Token);
            await database.ExecuteAsync("checkpoint", [], lab.Token);
            return !File.Exists(Path.Combine(lab.Master.DataDirectory, "pg_wal", first!));
        });
    }
}
