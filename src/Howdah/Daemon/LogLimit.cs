namespace Howdah.Daemon;

/// <summary>Lets one line a minute through for each subject, so that nobody fills a log by knocking. Thread-safe.</summary>
internal sealed class LogLimit(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Subjects are ours, a handful; should a caller ever choose them, the memory stays bounded.</summary>
    private const int MostSubjects = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _last = new(StringComparer.Ordinal);

    public bool Admits(string subject)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_last.TryGetValue(subject, out var last) ? time.GetElapsedTime(last, now) < Interval : _last.Count >= MostSubjects)
                return false;
            _last[subject] = now;
            return true;
        }
    }
}
