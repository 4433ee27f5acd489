using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Operations.ReceiveWal;

/// <summary>
/// Finishes full segments beside the receiving thread: page headers checked, on disk, under the final name. Several at a time,
/// because each waits for the disk; the filesystem joins their commits.
/// </summary>
/// <remarks>Threads of its own, started when needed: threads of the pool spin before they sleep, which took 40 % of the receiver's
/// CPU.</remarks>
internal sealed class SegmentFinisher : IDisposable
{
    /// <summary>Segments that may be underway: as many as a disk profits from, and with 16 MiB each the most that is received without
    /// being acknowledged.</summary>
    public const int MostUnderway = 4;

    private readonly WalStore _store;
    private readonly FlushFrontier _frontier;
    private readonly WalExpectations _expected;
    private readonly Action<WalSegment> _stored;

    // Guards everything below; Monitor instead of Lock, because threads wait on it.
    private readonly object _gate = new();
    private readonly Queue<(PartialSegment Full, FlushFrontier.Pending Pending)> _queue = new();
    private int _underway;
    private int _threads;
    private int _idle;
    private bool _isClosed;
    private OperationException? _failure;
    private Exception? _bug;

    public SegmentFinisher(WalStore store, FlushFrontier frontier, WalExpectations expected, Action<WalSegment> stored)
    {
        _store = store;
        _frontier = frontier;
        _expected = expected;
        _stored = stored;
    }

    /// <summary>Takes over a full segment; waits while too many are underway.</summary>
    public void Begin(PartialSegment full)
    {
        var pending = _frontier.Begin(full.Segment.End);
        lock (_gate)
        {
            while (_underway == MostUnderway)
                Monitor.Wait(_gate);
            _underway++;
            _queue.Enqueue((full, pending));
            if (_idle >= _queue.Count)
            {
                Monitor.PulseAll(_gate);
                return;
            }

            _threads++;
            new Thread(Work) { IsBackground = true, Name = $"finish WAL {_threads}" }.Start();
        }
    }

    /// <summary>Waits until nothing is underway; whether it succeeded, <see cref="ThrowIfFailed"/> tells.</summary>
    public void Settle()
    {
        lock (_gate)
        {
            while (_underway > 0)
                Monitor.Wait(_gate);
        }
    }

    public void ThrowIfFailed()
    {
        if (Volatile.Read(ref _bug) is { } bug)
            throw new InvariantViolationException($"finishing a segment failed: {bug}");
        if (Volatile.Read(ref _failure) is { } failure)
            throw new OperationException(failure.Code, failure.Message, failure.Hint, failure);
    }

    /// <summary>Waits until nothing is underway and the threads have ended, so that no file is touched after the receiver has
    /// ended.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
            while (_underway > 0 || _threads > 0)
                Monitor.Wait(_gate);
        }
    }

    private void Work()
    {
        while (TryTake(out var full, out var pending))
        {
            Finish(full, pending);
            lock (_gate)
            {
                _underway--;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private bool TryTake(out PartialSegment full, out FlushFrontier.Pending pending)
    {
        lock (_gate)
        {
            _idle++;
            while (_queue.Count == 0 && !_isClosed)
                Monitor.Wait(_gate);
            _idle--;
            if (_queue.TryDequeue(out var next))
            {
                (full, pending) = next;
                return true;
            }

            _threads--;
            Monitor.PulseAll(_gate);
            (full, pending) = (null!, null!);
            return false;
        }
    }

    private void Finish(PartialSegment full, FlushFrontier.Pending pending)
    {
        try
        {
            using (full)
            {
                // After a failure nothing later may become final: the segment that failed would be a hole before it.
                if (Volatile.Read(ref _failure) is not null)
                    return;
                Check(full);
                StorageFailure.Run($"flushing {full.Segment.Name}", () => DurableFile.FlushData(full.Handle, full.Segment.Name));
            }

            _store.CompleteSegment(full.Segment);
            _frontier.Complete(pending);
            _stored(full.Segment);
        }
        catch (OperationException exception)
        {
            _frontier.NoteFailedFlush();
            Interlocked.CompareExchange(ref _failure, exception, null);
        }
        catch (Exception exception)
        {
            // Whatever it is, it must reach the receiving thread, which throws it.
            Interlocked.CompareExchange(ref _bug, exception, null);
        }
    }

    private void Check(PartialSegment full)
    {
        var findings = StorageFailure.Run(
            $"reading {full.Segment.Name}", () => WalSegmentCheck.ValidateFile(full.Handle, full.Segment, _expected));
        if (findings.Count == 0)
            return;
        throw new OperationException(
            ErrorCodes.WalInvalid,
            $"received segment {full.Segment.Name} is not valid WAL: {findings[0]}{(findings.Count > 1
                ? $" and {findings.Count - 1} more"
                : "")}",
            "it stays a .partial and is received again; if this repeats, the server's WAL or the network damages data");
    }
}
