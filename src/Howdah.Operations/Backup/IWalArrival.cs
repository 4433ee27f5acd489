using Howdah.Core.Wal;

namespace Howdah.Operations.Backup;

/// <summary>Tells when the repository holds WAL: a backup counts only then (design law 4).</summary>
public interface IWalArrival
{
    /// <summary>
    /// Returns when the repository holds every byte of <paramref name="range"/> on <paramref name="timeline"/>. An unfinished
    /// segment counts as far as its records are whole, so nobody needs to force a segment switch.
    /// </summary>
    /// <exception cref="Howdah.Core.Errors.OperationException">It did not arrive in time, or never will: a gap lies in the
    /// range.</exception>
    Task WaitAsync(TimelineId timeline, LsnRange range, CancellationToken cancellationToken);
}
