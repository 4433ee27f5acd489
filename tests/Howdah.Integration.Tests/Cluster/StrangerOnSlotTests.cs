using System.Net;
using Howdah.Cluster.Supervision;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Barman;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Repository;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>The receiver's slot and name prove nothing: somebody else may use both.</summary>
public sealed class StrangerOnSlotTests
{
    private const int Looks = 30;

    private const string Streams =
        "select count(*) from pg_stat_replication where application_name = 'barman_receive_wal' and state = 'streaming'";

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task Whoever_else_receives_through_the_slot_is_no_protection(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(lab.Token);
        var stranger = await ReceiveElsewhereAsync(lab, stop.Token);
        await TestWait.UntilAsync("the stranger streams", async () => await lab.ScalarAsync(lab.Master, Streams) == "1");
        await using (await lab.SuperviseAsync())
        {
            await WriteAsync(lab, "create table kept as select generate_series(1, 1000) as n");
            await lab.EventuallyAsync("status doubts it", status =>
                status.Protected == Verdict.Bad && status.Backup is { Verdict: Verdict.Bad, Flushed: null }
                && status.Reasons.Any(reason => reason.Contains("does not hold what is confirmed by who streams as barman_receive_wal")));
            await stop.CancelAsync();
            await stranger;
            await lab.EventuallyAsync("all is well", status => status.Protected == Verdict.Good);
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_receiver_that_keeps_up_with_much_WAL_is_never_doubted(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await using var supervised = await lab.SuperviseAsync();
        await WriteAsync(lab, "create table load (n int, filler text)");
        await lab.EventuallyAsync("all is well", status => status.Protected == Verdict.Good);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(lab.Token);
        var load = LoadAsync(lab, stop.Token);
        for (var look = 0; look < Looks; look++)
        {
            var status = await lab.Operations().StatusAsync(lab.Token);
            Assert.True(status.Backup.Verdict == Verdict.Good, $"look {look}: {status.Backup.Problem}");
        }

        await stop.CancelAsync();
        await load;
        Assert.DoesNotContain(supervised.Observer.Announcements.ToList(), said => said.Text.Contains("streams as barman_receive_wal"));
    }

    /// <summary>Long transactions that pause, so that the server flushes parts of records; and segments that end early.</summary>
    private static async Task LoadAsync(ClusterLab lab, CancellationToken stop)
    {
        const string Slowly = """
            do $$ begin
              for i in 1..10 loop
                insert into load select n, repeat(md5(random()::text), 1 + n % 90) from generate_series(1, 3000) n;
                perform pg_sleep(0.02);
              end loop;
            end $$
            """;
        for (var round = 0; !stop.IsCancellationRequested; round++)
            await WriteAsync(lab, round % 3 == 2 ? "select pg_switch_wal()" : Slowly);
    }

    private static async Task<Task> ReceiveElsewhereAsync(ClusterLab lab, CancellationToken stop)
    {
        var system = await lab.ScalarAsync(lab.Master, "select system_identifier from pg_control_system()");
        var store = BackupRepository.CreateOrOpen(Path.Combine(lab.Directory, "elsewhere"), new RepositoryOptions())
            .Wal(new SystemIdentifier(ulong.Parse(system!)), new WalSegmentSize(16 << 20));
        var options = new WalReceiverOptions
        {
            Connection = ConnectionSettings.ForServer(lab.Master.Address, lab.Master.Port) with
            {
                User = "streaming_barman",
                PassFile = lab.Model.Paths.PassFile,
                SourceAddress = IPAddress.Parse("127.0.10.4"),
            },
            Slot = "barman",
        };
        return new WalReceiver(options, store, TimeProvider.System, new Unobserved()).RunAsync(stop);
    }

    private static async Task WriteAsync(ClusterLab lab, string sql)
    {
        await using var database = lab.Connect(lab.Master);
        await database.ExecuteAsync(sql, [], lab.Token);
    }
}
