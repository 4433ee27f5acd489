using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>
/// Finds out up to which moment everything that the server had on disk was received, so that later the silence of the WAL can be told
/// from its loss. Of one stream; any thread.
/// </summary>
/// <remarks>
/// Data carries the end of the server's WAL at the moment of sending, so data that reaches it proves that moment. A keepalive carries
/// only what was sent already (PostgreSQL 11-18, walsender.c: XLogSendPhysical, WalSndKeepalive). But between two answers to questions
/// that were asked one after the other the server looks for WAL to send: where none came between them, there was none at the first.
/// </remarks>
internal sealed class CompletenessWatch(WalStore store, FlushFrontier frontier, TimelineId timeline)
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _answered;
    private bool _isAsked;
    private (Lsn Lsn, DateTimeOffset Until)? _proven;
    private (Lsn Lsn, DateTimeOffset Until)? _stored;

    /// <summary>True where no question is open: the caller asks the server for an answer now.</summary>
    public bool TryAsk()
    {
        lock (_gate)
        {
            var may = !_isAsked;
            _isAsked = true;
            return may;
        }
    }

    /// <summary>Takes note of a message, in the order of arrival.</summary>
    /// <param name="message">Data or a keepalive.</param>
    /// <param name="received">The byte after the last one received, the message's own included.</param>
    public void Note(in WalStreamMessage message, Lsn received)
    {
        lock (_gate)
        {
            if (message.Kind == WalStreamMessageKind.Data)
            {
                _answered = null;
                if (received >= message.ServerWalEnd)
                    Prove(received, message.ServerTime);
                return;
            }

            Prove(received, _answered);
            _answered = message.ServerTime;
            _isAsked = false;
        }
    }

    /// <summary>Stores what was proven last, once its WAL is on disk.</summary>
    public void Store()
    {
        lock (_gate)
        {
            if (_proven is not { } proven || proven == _stored || frontier.Flushed < proven.Lsn)
                return;
            store.StoreCompleteness(new WalCompleteness(timeline, proven.Lsn, proven.Until));
            _stored = proven;
        }
    }

    /// <summary>Where it cannot be stored, less is promised, and no WAL is lost: a full disk stops the receiving thread.</summary>
    public void StoreIfPossible()
    {
        try
        {
            Store();
        }
        catch (OperationException)
        {
            // Tried again with the next proof.
        }
    }

    /// <remarks>
    /// While transactions do not wait for the disk the server writes whole pages, so a position at the end of a page may be within a
    /// record; then the record before it is the last that is held, and the proof could not be used.
    /// </remarks>
    private void Prove(Lsn received, DateTimeOffset? until)
    {
        if (until is { } moment && (received.Value % WalPageHeader.PageBytes != 0 || store.SegmentSize.Offset(received) == 0))
            _proven = (received, moment);
    }
}
