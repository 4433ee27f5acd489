using Howdah.Barman.Facts;
using Howdah.Core.Wal;
using Howdah.Repository.Snapshots;

namespace Howdah.Barman.Observation;

/// <summary>Answers questions about whole segments from a ledger. Pure.</summary>
internal static class WalHeld
{
    public static bool HasCompleteSegment(WalLedger ledger) =>
        ledger.Timelines.SelectMany(timeline => timeline.Ranges).Any(range => WholeSegments(range, ledger.SegmentSize) > 0);

    /// <summary>
    /// The WAL that Barman counts to a backup: after its last segment, up to and with the last one of the next backup, on its timeline and
    /// those that came later.
    /// </summary>
    public static WalAfterBackup After(BackupCopyFacts backup, WalLedger? ledger, SnapshotRecord? next)
    {
        if (ledger is null)
            return new WalAfterBackup();
        var from = backup.EndSegment.End;
        var to = next is null ? new Lsn(ulong.MaxValue) : EndOfLastSegment(next);
        var later = ledger.Timelines.Where(timeline => timeline.Timeline >= backup.Timeline).ToList();
        var files = later.SelectMany(timeline => timeline.Ranges)
            .Sum(range => WholeSegments(new LsnRange(Lsn.Max(range.Start, from), Lsn.Min(range.End, to)), ledger.SegmentSize));
        var newest = later.LastOrDefault(timeline => timeline.Ranges.Any(range => WholeSegments(range, ledger.SegmentSize) > 0));
        return new WalAfterBackup
        {
            Files = files,
            Bytes = files * ledger.SegmentSize.Bytes,
            FilesPerSecond = next is null ? Rate(files, backup.EndTime, newest?.LastStored) : Rate(files, backup.EndTime, next.StoppedAt),
            LastAvailable = newest is null ? null : LastSegment(newest, ledger.SegmentSize).Name,
            ReachableTimelines = [.. later.Where(timeline => Reaches(timeline, backup)).Select(timeline => timeline.Timeline)],
        };
    }

    /// <summary>
    /// Gaps after the beginning of the newest backup: with those before it the newest moment can still be restored, and a base backup
    /// is all that can be done about a gap. Without a backup every gap counts.
    /// </summary>
    public static IEnumerable<string> HarmfulGaps(WalLedger ledger, IReadOnlyList<SnapshotRecord> snapshots)
    {
        var starts = snapshots.Where(snapshot => snapshot.System == ledger.System && snapshot.IsClean())
            .Select(snapshot => snapshot.StartLsn)
            .ToList();
        var from = starts.Count == 0 ? Lsn.None : starts.Max();
        return ledger.Gaps.Where(gap => gap.Range.End > from).Select(gap => $"timeline {gap.Timeline}, {gap.Range} ({gap.Reason})");
    }

    /// <summary>Names of the whole segments of the newest timelines in order.</summary>
    public static IEnumerable<string> SegmentNames(WalLedger ledger)
    {
        foreach (var timeline in ledger.Timelines)
        {
            foreach (var range in timeline.Ranges)
            {
                var first = WalSegment.Containing(timeline.Timeline, range.Start, ledger.SegmentSize);
                for (var segment = first.Start < range.Start ? first.Next : first; segment.End <= range.End; segment = segment.Next)
                    yield return segment.Name;
            }
        }
    }

    private static bool Reaches(TimelineLedger timeline, BackupCopyFacts backup) =>
        timeline.Timeline > backup.Timeline && timeline.History?.Contains(backup.Timeline, backup.End) == true;

    private static long WholeSegments(LsnRange range, WalSegmentSize size)
    {
        var first = size.SegmentNumber(range.Start) + (size.Offset(range.Start) == 0 ? 0UL : 1);
        var end = size.SegmentNumber(range.End);
        return !range.IsEmpty && end > first ? (long)(end - first) : 0;
    }

    private static WalSegment LastSegment(TimelineLedger timeline, WalSegmentSize size)
    {
        var range = timeline.Ranges.Last(range => WholeSegments(range, size) > 0);
        return new WalSegment(timeline.Timeline, size.SegmentNumber(range.End) - 1, size);
    }

    private static Lsn EndOfLastSegment(SnapshotRecord snapshot) =>
        WalSegment.Containing(snapshot.StopTimeline, new Lsn(snapshot.StopLsn.Value - 1), snapshot.SegmentSize).End;

    private static double? Rate(long files, DateTimeOffset from, DateTimeOffset? to) =>
        files > 0 && to is { } end && end > from ? files / (end - from).TotalSeconds : null;
}
