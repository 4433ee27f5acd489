using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Repository.Wal;

namespace Howdah.Operations.FetchWal;

/// <summary>Decides what it means that a file is not there: the end of the WAL, or a hole in it (design law 3).</summary>
internal sealed class WalAbsence(FetchWalOptions options, WalStore store)
{
    public FetchWalResult Explain(string name)
    {
        var ledger = store.ReadLedger();
        _ = WalFileName.TryParseTimeline(name, out var timeline);
        return WalFileName.Classify(name) switch
        {
            WalFileKind.History => ExplainHistory(ledger, timeline),
            WalFileKind.Segment => ExplainSegment(ledger, Parse(name)),
            _ => Absent(),
        };
    }

    /// <summary>A timeline without its history would be passed over silently where "latest" is looked for.</summary>
    private FetchWalResult ExplainHistory(WalLedger ledger, TimelineId timeline)
    {
        var held = timeline > TimelineId.First && ledger.Find(timeline) is { Ranges.Count: > 0 };
        return held && !options.AsStandby
            ? Hole($"the repository holds WAL of timeline {timeline} but not its history")
            : Absent();
    }

    private FetchWalResult ExplainSegment(WalLedger ledger, WalSegment segment)
    {
        if (options.EndsAt is { } end && segment.Start >= end)
            return Absent();
        if (options.Timeline is { } followed && ledger.HistoryOf(followed) is { } path && !IsOnTheWay(path, segment))
            return Absent();
        var timeline = ledger.Find(segment.Timeline);
        if (timeline is null || timeline.Ranges.Count == 0)
            return ExplainUnheld(ledger, segment);
        if (timeline.Gaps.FirstOrDefault(gap => !LsnRanges.Clip(gap.Range, segment.Range).IsEmpty) is { } gap)
            return Hole($"{segment.Name} lies in a gap of the repository, {gap.Range} of timeline {gap.Timeline}: {gap.Reason}");
        if (segment.Start < timeline.Ranges[0].Start)
            return Hole($"the repository's WAL of timeline {segment.Timeline} begins later, at {timeline.Ranges[0].Start}");
        if (timeline.Ranges.Any(range => range.Contains(segment.Start)))
            throw new OperationException(ErrorCodes.RepositoryUnavailable, $"{segment.Name} appeared while it was looked for");
        return Absent();
    }

    /// <summary>
    /// Nothing is held of the timeline. That is the end of the WAL, unless a descendant's WAL is held and this segment lies before the
    /// fork: then replay would stop before WAL that is there.
    /// </summary>
    private FetchWalResult ExplainUnheld(WalLedger ledger, WalSegment segment)
    {
        var descendant = ledger.Timelines.FirstOrDefault(other => other.Ranges.Count > 0
            && other.Timeline != segment.Timeline
            && other.History?.OwnedRange(segment.Timeline) is { } owned
            && segment.Start < segment.Size.SegmentStart(owned.End)
            && segment.End > segment.Size.SegmentStart(owned.Start));
        return descendant is null
            ? Absent()
            : Hole($"the repository holds timeline {descendant.Timeline}, and of its ancestor {segment.Timeline} nothing");
    }

    private static bool IsOnTheWay(TimelineHistory path, WalSegment segment) =>
        path.OwnedRange(segment.Timeline) is { } owned
        && segment.Start < owned.End && segment.End > segment.Size.SegmentStart(owned.Start);

    private FetchWalResult Hole(string what) => options.AsStandby
        ? new FetchWalResult(FetchWalResult.Absent, $"{what}; the primary may still have it")
        : new FetchWalResult(FetchWalResult.Failed, $"{what}; ending recovery here would lose the WAL behind it");

    private static FetchWalResult Absent() => new(FetchWalResult.Absent, null);

    private WalSegment Parse(string name) => WalSegment.TryParse(name, store.SegmentSize, out var segment)
        ? segment
        : throw new OperationException(ErrorCodes.WalInvalid, $"{name} is no segment of a system with segments of {store.SegmentSize}");
}
