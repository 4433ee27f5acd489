using Howdah.Cluster.Supervision;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Postgres.Server;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>Something is amiss that only a person can mend; and then a server dies.</summary>
public sealed class ObstacleTests
{
    [Theory]
    [InlineData(11)]
    [InlineData(18)]
    public async Task With_a_damaged_snapshot_servers_that_die_come_back_and_WAL_is_received(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        var record = Directory.GetFiles(
            Path.Combine(lab.Model.Backup.RepositoryDirectory, "snapshots"), "snapshot.json", SearchOption.AllDirectories).Single();
        var whole = await File.ReadAllBytesAsync(record, lab.Token);
        await File.WriteAllBytesAsync(record, whole.AsMemory(0, whole.Length / 2), lab.Token);
        await using var supervised = await lab.SuperviseAsync();
        await lab.EventuallyAsync("it is told", IsToldAndRuns);
        Assert.Equal("1", await lab.ScalarAsync(
            lab.Master, "select count(*) from pg_stat_replication where application_name = 'barman_receive_wal'"));

        foreach (var node in lab.Model.Nodes)
        {
            var before = PostmasterFile.Read(node.DataDirectory)!.ProcessId;
            ClusterLab.Kill(node);
            await TestWait.UntilAsync($"{node.Name} is another process", () => IsAnother(node.DataDirectory, before));
            await lab.EventuallyAsync($"{node.Name} is there again", IsToldAndRuns);
        }

        await File.WriteAllBytesAsync(record, whole, lab.Token);
        await lab.EventuallyAsync("all is well", status => status.Protected == Verdict.Good);

        static bool IsToldAndRuns(ClusterStatus status) =>
            status is { Protected: Verdict.Bad, Backup: { Verdict: Verdict.Bad, Snapshots: null } }
            && status.Nodes.All(node => node.Verdict == Verdict.Good);
    }

    [Fact]
    public async Task Beside_a_standby_whose_directory_holds_something_else_the_primary_comes_back()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var lab = new ClusterLab(15);
        await using var supervised = await lab.SuperviseAsync();
        await lab.EventuallyAsync("all is well", status => status.Protected == Verdict.Good);
        await lab.StopAsync(lab.Slave.DataDirectory);
        Directory.Move(lab.Slave.DataDirectory, lab.Slave.DataDirectory + ".away");
        Directory.CreateDirectory(lab.Slave.DataDirectory);
        await File.WriteAllTextAsync(Path.Combine(lab.Slave.DataDirectory, "notes"), "a person's", lab.Token);
        var before = PostmasterFile.Read(lab.Master.DataDirectory)!.ProcessId;
        ClusterLab.Kill(lab.Master);
        await TestWait.UntilAsync("the primary is another process", () => IsAnother(lab.Master.DataDirectory, before));
        await lab.EventuallyAsync("the primary is there again", status => status.Nodes[0].Verdict == Verdict.Good);
        Assert.Equal(["notes"], Directory.GetFileSystemEntries(lab.Slave.DataDirectory).Select(Path.GetFileName));
    }

    private static bool IsAnother(string dataDirectory, int before) =>
        PostmasterFile.Read(dataDirectory) is { Status: PostmasterStatus.Ready } now && now.ProcessId != before;
}
