using Howdah.Cluster.Supervision;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;

namespace Howdah.Integration.Tests.Cluster;

public sealed class UpTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    [InlineData(12)]
    [InlineData(14)]
    [InlineData(16)]
    public async Task Up_makes_a_protected_cluster_of_nothing_and_then_has_nothing_to_do(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        var first = await lab.UpAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"from nothing to proven: {first.Took.TotalSeconds:0.0} s");
        Assert.NotEmpty(first.Steps);
        Assert.Equal("2", await lab.ScalarAsync(lab.Master, "select count(*) from pg_replication_slots where restart_lsn is not null"));
        Assert.Equal("t", (await lab.ScalarAsync(lab.Slave, "select pg_is_in_recovery()"))?[..1]);
        Assert.Equal("slave", await lab.ScalarAsync(lab.Slave, "select slot_name from pg_stat_wal_receiver"));
        Assert.Equal("walreceiver", await lab.ScalarAsync(
            lab.Master, "select application_name from pg_stat_replication where usename = 'streaming_barman' and state = 'streaming'"));
        const string Unsafe = "rolname in ('streaming_barman', 'barman') and (rolsuper or rolpassword not like 'SCRAM%')";
        Assert.Equal("0", await lab.ScalarAsync(lab.Master, $"select count(*) from pg_authid where {Unsafe}"));

        var second = await lab.UpAsync();
        Assert.Equal(["StartReceiver:backup", "AwaitReceiver:backup"], second.Steps.Select(step => step.Id));

        await lab.Operations().DownAsync(lab.Token);
        Assert.All((await lab.Operations().StatusAsync(lab.Token)).Nodes, node => Assert.Equal(Verdict.Bad, node.Verdict));
        await lab.Operations().DestroyAsync(lab.Token);
        Assert.False(Directory.Exists(lab.Directory));
        Directory.CreateDirectory(lab.Directory);
    }
}
