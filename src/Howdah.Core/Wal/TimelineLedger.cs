namespace Howdah.Core.Wal;

/// <summary>What a repository holds of one timeline.</summary>
/// <param name="Timeline">The timeline.</param>
/// <param name="History">Its ancestry; null where its history file is missing. Timeline 1 needs none and has an empty one.</param>
/// <param name="Ranges">The bytes held, as a normal list: complete segments, and unfinished ones up to their valid end.</param>
/// <param name="Gaps">What is missing, in order.</param>
public sealed record TimelineLedger(
    TimelineId Timeline, TimelineHistory? History, IReadOnlyList<LsnRange> Ranges, IReadOnlyList<WalGap> Gaps)
{
    /// <summary>The segment that is being received, or was the last one of this timeline; null where the newest is complete.</summary>
    public WalSegment? Unfinished { get; init; }

    /// <summary>When WAL of this timeline was last stored; null where it was not looked up.</summary>
    public DateTimeOffset? LastStored { get; init; }

    /// <summary>The byte after the newest one held; none where nothing is held.</summary>
    public Lsn Frontier => Ranges.Count == 0 ? Lsn.None : Ranges[^1].End;
}
