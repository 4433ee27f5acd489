using System.Collections.Concurrent;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Replication;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.Wal;
using Howdah.Repository;
using Howdah.Repository.Wal;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>A receiver that runs in this process until it is stopped or disposed.</summary>
internal sealed class RunningReceiver : IAsyncDisposable, IWalReceiverObserver
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<WalReceiverEvent> _events = new();
    private readonly WalReceiver _receiver;

    private RunningReceiver(WalStore store, WalReceiverOptions options)
    {
        Store = store;
        _receiver = new WalReceiver(options, store, TimeProvider.System, this);
        Running = _receiver.RunAsync(_stop.Token);
    }

    public WalStore Store { get; }

    public Task Running { get; }

    public WalReceiverStatus Status => _receiver.Status;

    public IReadOnlyList<WalReceiverEvent> Events => [.. _events];

    public static async Task<WalStore> StoreOfAsync(TestServer server, string directory)
    {
        var system = new SystemIdentifier(ulong.Parse((await server.ScalarAsync("select system_identifier from pg_control_system()"))!));
        var bytes = int.Parse((await server.ScalarAsync("select setting::int from pg_settings where name = 'wal_segment_size'"))!);
        return BackupRepository.CreateOrOpen(
            directory, new RepositoryOptions { PartialFrontier = FindFrontier }).Wal(system, new WalSegmentSize(bytes));
    }

    public static WalReceiverOptions Options(TestServer server) => new()
    {
        Connection = server.Settings(),
        Slot = "receiver",
        LongestPause = TimeSpan.FromMilliseconds(200),
    };

    public static async Task<RunningReceiver> StartAsync(
        TestServer server, string directory, Func<WalReceiverOptions, WalReceiverOptions>? adapt = null)
    {
        var options = Options(server);
        return new RunningReceiver(await StoreOfAsync(server, directory), adapt is null ? options : adapt(options));
    }

    /// <summary>Gives a silent server up within a second.</summary>
    public static WalReceiverOptions Impatient(WalReceiverOptions options) => options with
    {
        ServerTimeout = TimeSpan.FromMilliseconds(800),
        StatusInterval = TimeSpan.FromMilliseconds(100),
        Connection = options.Connection with { ConnectTimeout = TimeSpan.FromSeconds(1) },
    };

    public void OnEvent(WalReceiverEvent happened) => _events.Enqueue(happened);

    /// <summary>Waits until everything that the server has flushed by now is on our disk.</summary>
    public async Task WaitForCatchUpAsync(TestServer server)
    {
        var end = Lsn.Parse((await server.ScalarAsync("select pg_current_wal_flush_lsn()::text"))!);
        await TestWait.UntilAsync($"{end} is received (now {Status})", () => Failing() || Status.Flushed >= end);
        Assert.True(
            Status.Flushed >= end, $"{Status.LastError?.Message}; {string.Join("; ", Events.Select(happened => happened.Message))}");
    }

    public async Task<WalReceiverEvent> WaitForAsync(WalReceiverEventKind kind) =>
        await TestWait.ForAsync($"event {kind}", () => Task.FromResult(_events.FirstOrDefault(happened => happened.Kind == kind)));

    /// <summary>Freezes the server until it is given up as silent, thaws it, and receives what it writes then. For one that is
    /// <see cref="Impatient"/>.</summary>
    public async Task OutliveFreezeAsync(TestServer server)
    {
        await WaitForCatchUpAsync(server);
        server.Freeze();
        var given = await WaitForAsync(WalReceiverEventKind.Disconnected);
        Assert.Equal(ErrorCodes.ServerTimeout, given.Error?.Code);
        server.Thaw();
        await ReceivedWal.WriteAsync(server, "t", 1);
        await WaitForCatchUpAsync(server);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Running;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await Running;
        }
        catch (OperationException)
        {
            // Tests of refusals look at Running themselves.
        }

        _stop.Dispose();
    }

    private static Lsn FindFrontier(WalSegment segment, string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return WalEndFinder.Find(file, segment, new WalChainVerifier(WalExpectations.None)).End;
    }

    private bool Failing() => Running.IsFaulted;
}
