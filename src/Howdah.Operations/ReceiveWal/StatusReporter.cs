using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;

namespace Howdah.Operations.ReceiveWal;

/// <summary>Tells the server what is on disk: after each flush, when a segment was stored, and from time to time. Any thread.</summary>
/// <remarks>
/// Flush is what fdatasync has confirmed, never the server's end of WAL (design law 1). Apply equals flush, so that commits
/// with synchronous_commit=remote_apply do not wait for ever.
/// </remarks>
internal sealed class StatusReporter(WalStream stream, FlushFrontier frontier, ReceiverProgress progress, WalReceiverOptions options)
{
    /// <exception cref="OperationException">The connection is lost.</exception>
    public void Report(bool replyRequested = false)
    {
        var flushed = frontier.Flushed;
        stream.SendStatus(new StandbyStatus(Lsn.Max(progress.Received, flushed), flushed, flushed, replyRequested));
    }

    /// <summary>From the timer: asks for an answer, and stores what the last ones have proven.</summary>
    public void ReportAndAsk(CompletenessWatch watch)
    {
        ReportIfPossible(replyRequested: watch.TryAsk());
        watch.StoreIfPossible();
    }

    /// <summary>From a timer or a finished segment: a lost connection is left for the receiving thread to notice.</summary>
    public void ReportIfPossible(bool replyRequested = false)
    {
        try
        {
            Report(replyRequested || progress.Silence > options.ServerTimeout / 2);
        }
        catch (Exception exception) when (exception is OperationException or ObjectDisposedException)
        {
            _ = exception;
        }
    }
}
