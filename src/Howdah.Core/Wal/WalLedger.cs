namespace Howdah.Core.Wal;

/// <summary>
/// What a repository holds of one system's WAL: per timeline the contiguous ranges and the gaps. A value, derived from the
/// repository's objects each time it is read.
/// </summary>
/// <param name="System">The system the WAL belongs to.</param>
/// <param name="SegmentSize">Its segment size.</param>
/// <param name="LineageId">Our own id of this body of WAL: two clusters can share one system identifier.</param>
/// <param name="Timelines">Every timeline of which a segment, a history or a gap is held, in order.</param>
public sealed record WalLedger(
    SystemIdentifier System, WalSegmentSize SegmentSize, string LineageId, IReadOnlyList<TimelineLedger> Timelines)
{
    /// <summary>The highest timeline of which WAL is held, else the highest with a history; null where nothing is held.</summary>
    /// <remarks>PostgreSQL's <c>latest</c> looks at history files alone (timeline.c, findNewestTimeLine).</remarks>
    public TimelineId? NewestTimeline =>
        Timelines.LastOrDefault(static timeline => timeline.Ranges.Count > 0 || timeline.History is { Ancestors.Count: > 0 })?.Timeline;

    /// <summary>The newest moment that a server has confirmed; null where none has.</summary>
    public WalCompleteness? Complete { get; init; }

    /// <summary>All gaps of all timelines.</summary>
    public IEnumerable<WalGap> Gaps => Timelines.SelectMany(static timeline => timeline.Gaps);

    public TimelineLedger? Find(TimelineId timeline) => Timelines.FirstOrDefault(ledger => ledger.Timeline == timeline);

    /// <summary>
    /// The history of <paramref name="timeline"/>: from its file, or the empty one for timeline 1. Null where it is not known, so that
    /// nothing can be proven about it.
    /// </summary>
    public TimelineHistory? HistoryOf(TimelineId timeline) =>
        timeline == TimelineId.First ? TimelineHistory.WithoutAncestors(timeline) : Find(timeline)?.History;

    /// <summary>The bytes on the way to the end of a timeline that recovery can read, as a normal list.</summary>
    /// <remarks>
    /// Recovery reads a segment from the newest timeline on the way whose first segment is not after it, and older ones otherwise
    /// (PostgreSQL 11-18, xlogrecovery.c, XLogFileReadAnyTLI). A timeline's first segment begins with a copy of its parent's bytes.
    /// </remarks>
    public IReadOnlyList<LsnRange> Coverage(TimelineHistory history)
    {
        var held = new List<LsnRange>();
        foreach (var ledger in Timelines)
        {
            if (history.OwnedRange(ledger.Timeline) is not { } owned)
                continue;
            var readable = new LsnRange(SegmentSize.SegmentStart(owned.Start), owned.End);
            held.AddRange(ledger.Ranges.Select(range => LsnRanges.Clip(range, readable)));
        }

        return LsnRanges.Normalize(held);
    }
}
