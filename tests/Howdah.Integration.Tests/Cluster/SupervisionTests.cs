using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Server;
using Howdah.Postgres.Server;

namespace Howdah.Integration.Tests.Cluster;

public sealed class SupervisionTests
{
    [Fact]
    public async Task Wal_of_a_promoted_standby_is_received_at_once()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(15);
        await using var supervised = await lab.SuperviseAsync();
        await lab.ScalarAsync(lab.Slave, "pg_promote()");
        ClusterLab.Kill(lab.Master);
        await lab.EventuallyAsync(
            "it is received from the new primary",
            status => status.Nodes[1].IsPrimary == true && status.Backup is { Streaming: "streaming" });
    }

    [Theory]
    [InlineData("off")]
    [InlineData("any")]
    [InlineData("all")]
    public async Task A_supervised_cluster_is_mended_reported_and_stopped_in_order(string synchronous)
    {
        if (await Unprivileged.HasRunElsewhereAsync(synchronous))
            return;
        await using var lab = new ClusterLab(15, synchronous: synchronous);
        await using var supervised = await lab.SuperviseAsync();

        await lab.EventuallyAsync("protected", status => status.Protected == Verdict.Good);
        var status = await lab.Operations().StatusAsync(lab.Token);
        Assert.Empty(status.Reasons);
        Assert.Equal(Environment.ProcessId, status.SupervisorProcessId);
        Assert.Equal(synchronous == "off" ? "async" : "quorum", status.Backup.SyncState);
        Assert.NotNull(status.ProtectedSince);

        var slots = (await lab.Operations().SlotsAsync(lab.Token)).Slots;
        Assert.Equal(["barman", "slave"], slots.Select(slot => slot.Name).Order());
        Assert.All(slots, slot => Assert.Equal((SlotStanding.Wanted, true, "reserved"), (slot.Standing, slot.IsActive, slot.WalStatus)));
        Assert.All(slots, slot => Assert.Equal(SlotOutlook.KeepsUp, slot.Outlook));

        foreach (var node in lab.Model.Nodes)
        {
            ClusterLab.Kill(node);
            await lab.EventuallyAsync(
                "protected", seen => seen.Protected == Verdict.Good && seen.Nodes.All(one => one.Verdict == Verdict.Good));
        }

        await supervised.DisposeAsync();
        var stopped = await lab.Operations().StatusAsync(lab.Token);
        Assert.All(stopped.Nodes, node => Assert.Equal(ServerState.Stopped, node.State));
        Assert.Equal(Verdict.Bad, stopped.Protected);
        Assert.Null(stopped.ProtectedSince);
    }

    [Fact]
    public async Task A_standby_is_rebuilt_removed_and_added_again()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(15);
        await lab.UpAsync();
        await File.WriteAllTextAsync(Path.Combine(lab.Slave.DataDirectory, "old"), "x");

        await lab.Operations().RebuildStandbyAsync("slave", lab.Token);
        Assert.False(File.Exists(Path.Combine(lab.Slave.DataDirectory, "old")));
        Assert.Equal(["data", "postgresql.log"], Directory.GetFileSystemEntries(
            lab.Model.Paths.NodeDirectory("slave")).Select(Path.GetFileName).Order());
        Assert.Equal("streaming", await lab.ScalarAsync(lab.Slave, "select status from pg_stat_wal_receiver"));

        await lab.Operations().RemoveStandbyAsync("slave", lab.Token);
        Assert.True(Directory.Exists(lab.Slave.DataDirectory + ".removed"));
        Assert.Equal("0", await lab.ScalarAsync(lab.Master, "select count(*) from pg_replication_slots where slot_name = 'slave'"));

        Assert.DoesNotContain((await lab.UpAsync()).Steps, step => step.Subject == "slave");
        Assert.False(Directory.Exists(lab.Slave.DataDirectory));
        Assert.Contains((await lab.Operations().StatusAsync(lab.Token)).Reasons, reason => reason.StartsWith("slave was removed"));

        await lab.Operations().AddStandbyAsync("slave", lab.Token);
        Assert.Equal("slave", await lab.ScalarAsync(lab.Slave, "select slot_name from pg_stat_wal_receiver"));

        var refused = await Assert.ThrowsAsync<OperationException>(() => lab.Operations().RebuildStandbyAsync("master", lab.Token));
        Assert.Equal(ErrorCodes.Refused, refused.Code);
        var unknown = await Assert.ThrowsAsync<OperationException>(() => lab.Operations().RebuildStandbyAsync("nobody", lab.Token));
        Assert.Equal(ErrorCodes.NodeNotFound, unknown.Code);
    }
}
