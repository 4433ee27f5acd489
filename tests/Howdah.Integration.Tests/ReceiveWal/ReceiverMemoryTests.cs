using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>What receiving takes of the machine's memory, measured in a process that does nothing else.</summary>
public sealed class ReceiverMemoryTests
{
    private const long Budget = 64 << 20;

    [Fact]
    public async Task Wal_as_fast_as_a_server_writes_it_is_received_in_little_memory()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var server = await TestServer.StartAsync(new TestServerOptions());
        await using var directory = await TestDirectory.CreateAsync("wal");
        await using var receiver = await RunningReceiver.StartAsync(server, directory.File("repository"));

        // The first bytes compile the code and fill the pools.
        await WriteAsync(server, "little", 2_000);
        await receiver.WaitForCatchUpAsync(server);
        await ProcessMemory.ForgetPeakAsync();
        var (resident, from) = (ProcessMemory.Resident, receiver.Status.Flushed);
        await WriteAsync(server, "much", 150_000);
        await receiver.WaitForCatchUpAsync(server);
        var grown = ProcessMemory.PeakResident - resident;
        var received = receiver.Status.Flushed.BytesSince(from);
        TestContext.Current.TestOutputHelper?.WriteLine($"{received >> 20} MiB of WAL, {grown >> 10} KiB more");
        Assert.InRange(received, 5UL * (ulong)Budget, ulong.MaxValue);
        Assert.InRange(grown, 0, Budget);
    }

    /// <summary>Two rows fill a page: about 4 KB of WAL a row.</summary>
    private static Task WriteAsync(TestServer server, string table, int rows) => server.ExecuteAsync(
        $"create table {table} (v text); alter table {table} alter v set storage plain; "
        + $"insert into {table} select repeat('x', 3900) from generate_series(1, {rows})");
}
