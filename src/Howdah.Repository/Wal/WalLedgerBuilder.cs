using Howdah.Core.Wal;

namespace Howdah.Repository.Wal;

/// <summary>Derives the ledger from a listing: pure, so that the ledger can never disagree with the objects.</summary>
internal sealed class WalLedgerBuilder
{
    private readonly LineageRecord _lineage;
    private readonly Dictionary<TimelineId, Draft> _timelines = [];
    private WalCompleteness? _complete;

    public WalLedgerBuilder(LineageRecord lineage) => _lineage = lineage;

    /// <summary>Segments in order of timeline and number.</summary>
    public void AddSegments(IEnumerable<WalSegment> segments)
    {
        foreach (var segment in segments)
            Of(segment.Timeline).AddSegment(segment);
    }

    /// <param name="segment">An unfinished segment.</param>
    /// <param name="frontier">The byte after the last valid one in it.</param>
    public void AddPartial(WalSegment segment, Lsn frontier)
    {
        var draft = Of(segment.Timeline);
        draft.Held.Add(new LsnRange(segment.Start, Lsn.Min(frontier, segment.End)));
        if (draft.Unfinished is not { } newest || segment.Number > newest.Number)
            draft.Unfinished = segment;
    }

    public void AddHistory(TimelineHistory history) => Of(history.Timeline).History = history;

    public void AddGap(WalGap gap) => Of(gap.Timeline).Recorded.Add(gap);

    /// <summary>A reason that the file itself gives for a hole at its place.</summary>
    public void AddWrongSize(WalSegment segment) =>
        AddGap(
            new WalGap(
                segment.Timeline, segment.Range, $"the file {segment.Name} does not have the size of a segment", WalGapOrigin.Found));

    /// <summary>Up to here all was held once, to the end of a record.</summary>
    public void SetComplete(WalCompleteness complete) => _complete = complete;

    public void SetLastStored(TimelineId timeline, DateTimeOffset time) => Of(timeline).LastStored = time;

    public WalLedger Build()
    {
        foreach (var draft in _timelines.Values)
            draft.Ranges = LsnRanges.Normalize(draft.Held);
        if (_complete is { } complete && _timelines.TryGetValue(complete.Timeline, out var owner))
            AddLoss(owner, complete);
        var timelines = _timelines.Keys.Order().Select(timeline => Finish(timeline, _timelines[timeline])).ToArray();
        return new WalLedger(_lineage.System, _lineage.SegmentSize, _lineage.Lineage, timelines);
    }

    /// <summary>Less can be read than was held: the file was damaged, cut or removed since.</summary>
    private static void AddLoss(Draft owner, WalCompleteness complete)
    {
        if (owner.Ranges.Count == 0 || owner.Ranges[^1].End >= complete.Lsn)
            return;
        owner.Recorded.Add(
            new WalGap(
                complete.Timeline,
                new LsnRange(owner.Ranges[^1].End, complete.Lsn),
                $"it was stored up to {complete.Lsn}, and can be read up to {owner.Ranges[^1].End} only: the file is damaged or gone",
                WalGapOrigin.Found));
    }

    private TimelineLedger Finish(TimelineId timeline, Draft draft)
    {
        var history = draft.History ?? (timeline == TimelineId.First ? TimelineHistory.WithoutAncestors(timeline) : null);
        var frontier = draft.Ranges.Count == 0
            ? (WalSegment?)null
            : WalSegment.Containing(timeline, draft.Ranges[^1].End, _lineage.SegmentSize);
        return new TimelineLedger(timeline, history, draft.Ranges, Gaps(timeline, draft, history))
        {
            Unfinished = draft.Unfinished is { } unfinished && unfinished.Number >= (frontier?.Number ?? 0) ? unfinished : null,
            LastStored = draft.LastStored,
        };
    }

    /// <summary>
    /// Holes between the ranges, at the start of a timeline whose parent is held, at the parent's end, and what was recorded.
    /// </summary>
    private List<WalGap> Gaps(TimelineId timeline, Draft draft, TimelineHistory? history)
    {
        var expected = new List<LsnRange>(draft.Recorded.Select(static gap => gap.Range));
        if (draft.Ranges.Count > 0)
            expected.Add(new LsnRange(draft.Ranges[0].Start, draft.Ranges[^1].End));
        if (history is { Ancestors.Count: > 0 } && draft.Ranges.Count > 0 && HoldsAny(history.Ancestors[^1].Timeline))
            expected.Add(new LsnRange(history.Ancestors[^1].SwitchPoint, draft.Ranges[0].Start));
        if (draft.Ranges.Count > 0 && EndOf(timeline) is { } end)
            expected.Add(new LsnRange(draft.Ranges[^1].End, end));
        return LsnRanges.Normalize(expected)
            .SelectMany(range => LsnRanges.Subtract(range, draft.Ranges))
            .Select(hole => Explain(timeline, hole, draft.Recorded))
            .ToList();
    }

    /// <summary>
    /// Where this timeline must have been held up to: the switch point to a child, less what the child's first segment repeats.
    /// </summary>
    private Lsn? EndOf(TimelineId timeline)
    {
        foreach (var child in _timelines.Values.Where(static child => child.Ranges.Count > 0))
        {
            if (child.History is not { Ancestors.Count: > 0 } history || history.Ancestors[^1].Timeline != timeline)
                continue;
            var switchPoint = history.Ancestors[^1].SwitchPoint;
            return Lsn.Min(switchPoint, Lsn.Max(child.Ranges[0].Start, _lineage.SegmentSize.SegmentStart(switchPoint)));
        }

        return null;
    }

    private static WalGap Explain(TimelineId timeline, LsnRange hole, List<WalGap> recorded)
    {
        var known = recorded.FirstOrDefault(gap => !LsnRanges.Clip(gap.Range, hole).IsEmpty);
        return new WalGap(timeline, hole, known?.Reason ?? "no object holds it", known?.Origin ?? WalGapOrigin.Found);
    }

    private bool HoldsAny(TimelineId timeline) => _timelines.TryGetValue(timeline, out var draft) && draft.Ranges.Count > 0;

    private Draft Of(TimelineId timeline)
    {
        if (!_timelines.TryGetValue(timeline, out var draft))
            _timelines.Add(timeline, draft = new Draft());
        return draft;
    }

    private sealed class Draft
    {
        public List<LsnRange> Held { get; } = [];

        public List<WalGap> Recorded { get; } = [];

        public IReadOnlyList<LsnRange> Ranges { get; set; } = [];

        public TimelineHistory? History { get; set; }

        public WalSegment? Unfinished { get; set; }

        public DateTimeOffset? LastStored { get; set; }

        // Segments arrive in order, so the usual one only lengthens the last range: 100 000 segments make one range, not a list to sort.
        public void AddSegment(WalSegment segment)
        {
            if (Held.Count > 0 && Held[^1].End == segment.Start)
                Held[^1] = Held[^1] with { End = segment.End };
            else
                Held.Add(segment.Range);
        }
    }
}
