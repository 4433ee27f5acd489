using Howdah.Core.Errors;
using Howdah.Postgres.Replication;
using Howdah.Repository.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>
/// Receives a server's WAL into a store, for as long as it runs: reconnects, follows timelines, acknowledges only what is on
/// disk (design law 1), records what can no longer be had (law 2).
/// </summary>
/// <remarks>Memory: one receive buffer of 1 MiB a connection and small change, at any rate of WAL.</remarks>
public sealed class WalReceiver
{
    private readonly ReceiverContext _context;
    private readonly ReconnectPause _pause;

    public WalReceiver(WalReceiverOptions options, WalStore store, TimeProvider time, IWalReceiverObserver observer)
    {
        var named = options with { Connection = options.Connection with { ApplicationName = options.ApplicationName } };
        var frontier = new FlushFrontier();
        _pause = new ReconnectPause(options.ShortestPause, options.LongestPause);
        _context = new ReceiverContext(
            named, store, time, observer)
        { Frontier = frontier, Progress = new ReceiverProgress(frontier, time) };
    }

    /// <summary>What the receiver knows now; may be read at any moment, by any thread.</summary>
    public WalReceiverStatus Status => _context.Progress.Status;

    /// <summary>Receives until cancelled; what was received is then on disk. Run at most once at a time.</summary>
    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.Locked"/>: another receiver writes into the store. <see cref="ErrorCodes.ForeignSystem"/> on the first
    /// connection. Everything else is retried for ever, with a pause, and told to the observer.
    /// </exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var writing = _context.Store.LockForWriting();
        _context.Store.RemoveLeftovers();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var begun = _context.Time.GetTimestamp();
                if (await TryOnceAsync(cancellationToken) is { } failure)
                    await PauseAsync(failure, _context.Time.GetElapsedTime(begun), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The way to end a receiver.
        }
        finally
        {
            _context.Progress.NoteStopped();
        }
    }

    /// <summary>One connection; what ended it, or null where receiving was cancelled.</summary>
    private async Task<OperationException?> TryOnceAsync(CancellationToken cancellationToken)
    {
        _context.Progress.NoteConnecting();
        try
        {
            await using var connection = await ReplicationConnection.OpenAsync(
                _context.Options.Connection, _context.Time, cancellationToken);
            _context.Progress.NoteConnected(connection.Server);
            _context.Tell(WalReceiverEventKind.Connected, $"connected to {connection.Server}");
            await new ReceiverSession(_context, connection).RunAsync(cancellationToken);
            return null;
        }
        catch (OperationException exception) when (exception.Code != ErrorCodes.ForeignSystem || _context.Position is not null)
        {
            return exception;
        }
    }

    private async Task PauseAsync(OperationException failure, TimeSpan lasted, CancellationToken cancellationToken)
    {
        var hasFlowed = _context.Progress.Status.Failures == 0;
        _context.Progress.NoteFailure(failure);
        _context.Observer.OnEvent(
            new WalReceiverEvent(WalReceiverEventKind.Disconnected, IsAlarm(failure), failure.Message) { Error = failure });
        var usual = _pause.AfterFailure(_context.Frontier.Flushed, hasFlowed ? lasted : TimeSpan.Zero);
        // Wrong WAL comes back just as fast as it came; nothing is gained by asking for it many times a second.
        var isHopeless = failure.Code == ErrorCodes.WalInvalid || failure.Code == ErrorCodes.ForeignSystem;
        var longest = IsAlarm(failure) ? _context.Options.LongestPause : _context.Options.LongestPauseOfOutage;
        var pause = isHopeless || usual > longest ? longest : usual;
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, _context.Time, cancellationToken);
    }

    // A server that restarts is daily business; these do not go away by themselves.
    private static bool IsAlarm(OperationException failure) => failure.Code != ErrorCodes.ServerUnreachable
        && failure.Code != ErrorCodes.ConnectionLost && failure.Code != ErrorCodes.ServerTimeout;
}
