using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>How long a receiver waits before it connects again: not at all at first, then longer from failure to failure.</summary>
/// <remarks>Of one receiver; not thread-safe.</remarks>
internal sealed class ReconnectPause(TimeSpan shortest, TimeSpan longest)
{
    private Lsn _furthest;
    private int _failures;

    /// <param name="flushed">How far WAL is on disk.</param>
    /// <param name="flowed">How long the stream lasted that has ended; zero where there was none.</param>
    public TimeSpan AfterFailure(Lsn flushed, TimeSpan flowed)
    {
        // One that ends at once where the last one ended, as it does on a full disk, was no success, although WAL flowed.
        if (flushed > _furthest || flowed >= longest)
            _failures = 0;
        _furthest = Lsn.Max(_furthest, flushed);
        _failures++;
        if (_failures == 1)
            return TimeSpan.Zero;
        var doubled = shortest * Math.Pow(2, Math.Min(_failures - 2, 30));
        return doubled < longest ? doubled : longest;
    }
}
