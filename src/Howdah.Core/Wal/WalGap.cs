namespace Howdah.Core.Wal;

/// <summary>How a gap became known.</summary>
public enum WalGapOrigin
{
    /// <summary>The repository's objects leave it open.</summary>
    Found,

    /// <summary>The receiver recorded it when the server no longer had the WAL.</summary>
    Recorded,
}

/// <summary>WAL that a repository does not hold although it holds what comes before it, or after it.</summary>
/// <param name="Timeline">The timeline that the missing bytes belong to.</param>
/// <param name="Range">The missing bytes; never empty.</param>
/// <param name="Reason">Why, in words for the operator.</param>
/// <param name="Origin">Whether it was recorded when it happened, or found later.</param>
public sealed record WalGap(TimelineId Timeline, LsnRange Range, string Reason, WalGapOrigin Origin);
