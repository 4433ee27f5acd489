using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.ReceiveWal;

public sealed class KilledReceiverTests
{
    [Fact]
    public async Task What_was_acknowledged_survives_kill_9_of_the_receiver()
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions { SegmentSizeMegabytes = 1 });
        await using var directory = await TestDirectory.CreateAsync("wal");
        await server.ExecuteAsync("create table t (x int, y text)");
        for (var round = 0; round < 3; round++)
        {
            await using var child = ReceiverProcess.Start(server, directory.File("repository"));
            await TestWait.UntilAsync("the child streams", async () => await server.ScalarAsync(
                "select count(*) from pg_stat_replication where state = 'streaming'") == "1");
            for (var i = 0; i < 5 + round; i++)
                await server.ExecuteAsync("insert into t select x, repeat(md5(x::text), 8) from generate_series(1, 1000) x");
            var acknowledged = Lsn.Parse(
                (await server.ScalarAsync("select coalesce(max(flush_lsn), '0/0')::text from pg_stat_replication"))!);
            await child.KillAsync();
            var store = await RunningReceiver.StoreOfAsync(server, directory.File("repository"));
            var ranges = Assert.Single((await store.ReadLedgerAsync(TestEnvironment.Stop)).Timelines).Ranges;
            Assert.True(Assert.Single(ranges).End + 8192 >= acknowledged, $"{ranges[0]} is held, {acknowledged} was acknowledged");
        }

        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));
        await receiver.WaitForCatchUpAsync(server);
        await receiver.StopAsync();
        Assert.True(await ReceivedWal.CompareAsync(receiver.Store, server, receiver.Status.Flushed) >= 3);
        Assert.Empty(Assert.Single((await receiver.Store.ReadLedgerAsync(TestEnvironment.Stop)).Timelines).Gaps);
    }
}
