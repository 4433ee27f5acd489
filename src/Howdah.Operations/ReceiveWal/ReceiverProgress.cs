using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>Counters behind <see cref="WalReceiverStatus"/>: written by the receiving side without allocating, read by anyone at any
/// moment.</summary>
internal sealed class ReceiverProgress(FlushFrontier frontier, TimeProvider time)
{
    private volatile WalReceiverStatus _rare = new();
    private ulong _received;
    private ulong _serverEnd;
    private long _lastMessage;

    public Lsn Received => new(Volatile.Read(ref _received));

    /// <summary>Time since the server's last message.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _lastMessage));

    public WalReceiverStatus Status
    {
        get
        {
            var rare = _rare;
            var (received, flushed, serverEnd) = (Received, frontier.Flushed, new Lsn(Volatile.Read(ref _serverEnd)));
            return rare with
            {
                State = rare.State == WalReceiverState.Streaming && flushed < serverEnd ? WalReceiverState.CatchingUp : rare.State,
                Received = Lsn.Max(received, flushed),
                Flushed = flushed,
                ServerEnd = serverEnd,
                LastMessage = Volatile.Read(ref _lastMessage) == 0 ? null : time.GetUtcNow() - Silence,
            };
        }
    }

    public void NoteMessage(Lsn serverEnd)
    {
        Volatile.Write(ref _lastMessage, time.GetTimestamp());
        Volatile.Write(ref _serverEnd, serverEnd.Value);
    }

    public void NoteReceived(Lsn received) => Volatile.Write(ref _received, received.Value);

    public void NoteConnecting() => _rare = _rare with { State = WalReceiverState.Connecting, ConnectedSince = null };

    public void NoteConnected(string server) => _rare = _rare with { Server = server, ConnectedSince = time.GetUtcNow() };

    public void NoteStreaming(TimelineId timeline, Lsn start)
    {
        NoteReceived(start);
        _rare = _rare with { State = WalReceiverState.CatchingUp, Timeline = timeline };
    }

    /// <summary>What was received is on disk. Only that counts as success: a stream that begins may fail with its first byte.</summary>
    public void NoteFlushed()
    {
        if (_rare.State != WalReceiverState.Streaming)
            _rare = _rare with { State = WalReceiverState.Streaming, LastError = null, Failures = 0 };
    }

    public void NoteFailure(OperationException error) => _rare = _rare with
    {
        State = WalReceiverState.Waiting,
        LastError = error,
        Failures = _rare.Failures + 1,
        ConnectedSince = null,
    };

    public void NoteStopped() => _rare = _rare with { State = WalReceiverState.Stopped, ConnectedSince = null };
}
