using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>
/// How far WAL is on disk without a hole, while segments are finished side by side and out of order. Thread-safe.
/// </summary>
internal sealed class FlushFrontier
{
    private readonly Lock _gate = new();
    private readonly Queue<Pending> _pending = new();
    private Lsn _flushed;
    private volatile bool _hasFlushFailed;

    // The process before this one may have ended because of a flush that failed; nobody told us.
    private volatile bool _isLeftByOthers = true;

    /// <summary>
    /// A flush has failed, or may have. After that the kernel may show bytes, and take them for flushed, that are not on disk (fsync(2),
    /// EIO): only what is written again can be flushed.
    /// </summary>
    public bool MayHideLoss => _hasFlushFailed || _isLeftByOthers;

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

    public void NoteFailedFlush() => _hasFlushFailed = true;

    /// <summary>Segments are received in order: where one begins that is not there yet, all that were there have been written
    /// again.</summary>
    public void NoteNewSegment() => _isLeftByOthers = false;

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
