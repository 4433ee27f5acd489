using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>
/// How far WAL is on disk without a hole, while segments are finished side by side and out of order. Thread-safe.
/// </summary>
internal sealed class FlushFrontier
{
    // Those beyond it are written again once more, which harms nobody.
    private const int MostRemembered = 64;

    private readonly Lock _gate = new();
    private readonly Queue<Pending> _pending = new();
    private Lsn _flushed;
    private bool _hasFlushFailed;

    // The process before this one may have ended because of a flush that failed; nobody told us.
    private bool _isLeftByOthers = true;

    // As many as are finished side by side, and one for each failed connection since.
    private readonly HashSet<WalSegment> _writtenAgain = [];

    /// <summary>
    /// A flush has failed, or may have. After that the kernel may show bytes, and take them for flushed, that are not on disk (fsync(2),
    /// EIO): only what is written again can be flushed.
    /// </summary>
    public bool MayHideLoss(WalSegment segment)
    {
        lock (_gate)
            return (_hasFlushFailed || _isLeftByOthers) && !_writtenAgain.Contains(segment);
    }

    /// <summary>Everything before it is on disk. Never moves back.</summary>
    public Lsn Flushed
    {
        get
        {
            lock (_gate)
                return _flushed;
        }
    }

    /// <summary>Number of segments that are being finished.</summary>
    public int PendingCount
    {
        get
        {
            lock (_gate)
                return _pending.Count;
        }
    }

    public void NoteFailedFlush()
    {
        lock (_gate)
        {
            _hasFlushFailed = true;
            _writtenAgain.Clear();
        }
    }

    /// <summary>What there was of the segment is on disk for certain: it was written by us, or written again and flushed.</summary>
    public void NoteWrittenAgain(WalSegment segment)
    {
        lock (_gate)
        {
            if (_writtenAgain.Count == MostRemembered)
                _writtenAgain.Clear();
            _writtenAgain.Add(segment);
        }
    }

    /// <summary>Segments are received in order: where one begins that is not there yet, all that were there have been written
    /// again.</summary>
    public void NoteNewSegment()
    {
        lock (_gate)
            _isLeftByOthers = false;
    }

    /// <summary>Announces bytes up to <paramref name="end"/>, in order of position.</summary>
    public Pending Begin(Lsn end)
    {
        var pending = new Pending(end);
        lock (_gate)
            _pending.Enqueue(pending);
        return pending;
    }

    /// <summary>The bytes are on disk; true where the frontier moved.</summary>
    public bool Complete(Pending pending)
    {
        lock (_gate)
        {
            pending.IsDone = true;
            var before = _flushed;
            while (_pending.TryPeek(out var first) && first.IsDone)
                _flushed = Lsn.Max(_flushed, _pending.Dequeue().End);
            return _flushed > before;
        }
    }

    /// <summary>Moves the frontier when nothing is pending; true where it moved.</summary>
    public bool Advance(Lsn flushed)
    {
        lock (_gate)
        {
            if (_pending.Count > 0 || flushed <= _flushed)
                return false;
            _flushed = flushed;
            return true;
        }
    }

    /// <summary>Starts anew: for a new stream, another timeline, or beyond a gap. What is pending is given up; it is received
    /// again.</summary>
    public void Reset(Lsn flushed)
    {
        lock (_gate)
        {
            _pending.Clear();
            _flushed = flushed;
        }
    }

    internal sealed class Pending(Lsn end)
    {
        public Lsn End { get; } = end;

        public bool IsDone { get; set; }
    }
}
