using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Operations.ReceiveWal;

/// <summary>Writes one timeline's WAL into segment files, from a segment's start on. Used by the receiving thread only.</summary>
internal sealed class WalWriter : IDisposable
{
    private readonly WalStore _store;
    private readonly FlushFrontier _frontier;
    private readonly SegmentFinisher _finisher;
    private readonly TimelineId _timeline;
    private PartialSegment? _current;

    public WalWriter(WalStore store, FlushFrontier frontier, SegmentFinisher finisher, TimelineId timeline, Lsn start)
    {
        Invariant.Check(store.SegmentSize.Offset(start) == 0);
        _store = store;
        _frontier = frontier;
        _finisher = finisher;
        _timeline = timeline;
        Received = start;
    }

    /// <summary>The byte after the last one written.</summary>
    public Lsn Received { get; private set; }

    /// <summary>Bytes written that no flush has covered; those of full segments are the finisher's.</summary>
    public long UnflushedBytes { get; private set; }

    /// <summary>Opens the first segment's <c>.partial</c> where there is one; the end of the valid WAL in it, or the segment's
    /// start.</summary>
    public Lsn OpenExisting()
    {
        var segment = WalSegment.Containing(_timeline, Received, _store.SegmentSize);
        if (_current is null && Presence.OfFile(_store.PartialPath(segment)))
            _current = Open(segment);
        return _current?.KnownAtOpen ?? Received;
    }

    /// <summary>Writes the next bytes; a message may reach into the next segment.</summary>
    public void Write(Lsn start, ReadOnlySpan<byte> bytes)
    {
        if (start != Received)
        {
            throw new OperationException(
                ErrorCodes.ProtocolViolation,
                $"the server sent WAL from {start} on, where {Received} was due",
                "nothing was written; the next attempt asks again");
        }

        while (!bytes.IsEmpty)
        {
            var segment = _current ??= Open(WalSegment.Containing(_timeline, Received, _store.SegmentSize));
            var count = (int)Math.Min((ulong)bytes.Length, segment.Segment.End - Received);
            segment.Write(Received, bytes[..count]);
            Received += (ulong)count;
            bytes = bytes[count..];
            UnflushedBytes += count;
            if (Received == segment.Segment.End)
                HandOver(segment);
        }
    }

    /// <summary>Puts everything written on disk and moves the frontier there.</summary>
    public void Flush()
    {
        if (_frontier.PendingCount > 0)
            _finisher.Settle();
        _finisher.ThrowIfFailed();
        if (_current is not null && UnflushedBytes > 0)
            Flush(_current);
        UnflushedBytes = 0;
        _frontier.Advance(Received);
    }

    public void Dispose() => _current?.Dispose();

    private PartialSegment Open(WalSegment segment)
    {
        try
        {
            var opened = PartialSegment.Open(_store, segment, _store.System, _frontier.MayHideLoss(segment));
            if (opened.IsNew)
                _frontier.NoteNewSegment();
            else
                _frontier.NoteWrittenAgain(segment);
            return opened;
        }
        catch (OperationException)
        {
            _frontier.NoteFailedFlush();
            throw;
        }
    }

    private void Flush(PartialSegment segment)
    {
        try
        {
            segment.Flush();
        }
        catch (OperationException)
        {
            _frontier.NoteFailedFlush();
            throw;
        }
    }

    private void HandOver(PartialSegment full)
    {
        _current = null;
        UnflushedBytes = 0;
        _finisher.Begin(full);
        _finisher.ThrowIfFailed();
    }
}
