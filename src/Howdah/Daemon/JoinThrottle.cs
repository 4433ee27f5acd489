namespace Howdah.Daemon;

/// <summary>
/// Closes the door for a minute after ten failed joins within one, from anywhere: addresses cost a stranger nothing. Thread-safe.
/// </summary>
internal sealed class JoinThrottle(TimeProvider time)
{
    public const int MostFailures = 10;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Queue<long> _failures = new();

    /// <summary>True while joins are answered without being looked at.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                // Ten within a minute; then until the last of them is a minute old.
                if (_failures.Count == MostFailures && time.GetElapsedTime(_failures.Last()) >= Window)
                    _failures.Clear();
                return _failures.Count == MostFailures;
            }
        }
    }

    /// <summary>Counts a failure; true where it is the one that closes the door.</summary>
    public bool Failed()
    {
        lock (_gate)
        {
            if (_failures.Count == MostFailures)
                return false;
            while (_failures.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= Window)
                _failures.Dequeue();
            _failures.Enqueue(time.GetTimestamp());
            return _failures.Count == MostFailures;
        }
    }
}
