using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;

namespace Howdah.Operations.ReceiveWal;

/// <summary>
/// The hot path, on one thread: take everything that has arrived, write it, one fdatasync, acknowledge. A commit that waits for
/// us passes through no queue and no other thread; while we are behind, full segments are finished beside this thread.
/// </summary>
internal sealed class ReceiveLoop(
    WalStream stream, WalWriter writer, FlushFrontier frontier, StatusReporter reporter, ReceiverProgress progress)
{
    public required CompletenessWatch Watch { get; init; }

    // While the server has more for us, a pause shorter than this in its stream is no reason to flush: it costs more than it brings.
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromMilliseconds(5);

    // With segments larger than this the current one is flushed on the way, so that the server can let go of WAL.
    private const long MostUnflushed = 16 << 20;

    private Lsn _serverEnd;
    private bool _replyRequested;

    private bool MayTakeMore => !_replyRequested && writer.UnflushedBytes < MostUnflushed;

    /// <summary>Receives until the stream ends; what was received is then on disk. Returns the message that ended it.</summary>
    public WalStreamMessage Run()
    {
        while (true)
        {
            var message = stream.Read();
            if (message.Kind is not (WalStreamMessageKind.Data or WalStreamMessageKind.KeepAlive))
            {
                FlushAtEnd(message.Kind);
                return message;
            }

            Take(message);
            while (MayTakeMore && TryReadMore(out message))
                Take(message);
            if (MayTakeMore && writer.Received < _serverEnd && stream.WaitForInput(CatchUpPatience))
                continue;
            FlushAndReport();
        }
    }

    /// <summary>The socket is looked at only where the server had more than is here: a commit that waits pays for each look.</summary>
    private bool TryReadMore(out WalStreamMessage message) =>
        stream.TryReadBuffered(out message) || (writer.Received < _serverEnd && stream.TryReadArrived(out message));

    private void Take(WalStreamMessage message)
    {
        _serverEnd = message.ServerWalEnd;
        progress.NoteMessage(_serverEnd);
        _replyRequested |= message.ReplyRequested;
        if (message.Kind == WalStreamMessageKind.Data)
        {
            writer.Write(message.Start, message.Bytes.Span);
            progress.NoteReceived(writer.Received);
        }

        Watch.Note(message, writer.Received);
    }

    /// <remarks>Before a requested reply everything is flushed: a primary that shuts down waits until flush equals what it sent.</remarks>
    private void FlushAndReport()
    {
        var before = frontier.Flushed;
        writer.Flush();
        progress.NoteFlushed();
        if (_replyRequested || frontier.Flushed > before)
            reporter.Report();
        _replyRequested = false;
    }

    private void FlushAtEnd(WalStreamMessageKind end)
    {
        writer.Flush();
        if (end == WalStreamMessageKind.Stopped)
            reporter.ReportIfPossible();
        Invariant.Check(frontier.Flushed >= writer.Received);
    }
}
