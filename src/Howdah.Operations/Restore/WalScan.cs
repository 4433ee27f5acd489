using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Operations.Restore;

/// <summary>Walks the records on the way to a timeline, in order, across segments and timelines.</summary>
internal sealed class WalScan(WalStore store, TimelineHistory path, LsnRange range)
{
    /// <summary>The last <see cref="Find"/> read all segments of the range, or found what it looked for.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>What the last <see cref="Find"/> met that is no whole record; null where it read all of the range, or a segment is not
    /// there.</summary>
    public WalFinding? StoppedBy { get; private set; }

    /// <summary>Start of the last whole record of the range that the last <see cref="Find"/> has read; none where there was none.</summary>
    public Lsn LastRecord { get; private set; }

    /// <summary>Where the first event that <paramref name="matches"/> begins; null where none in the range does.</summary>
    public Lsn? Find(Func<WalEvent, bool> matches, CancellationToken ct)
    {
        Lsn? found = null;
        var verifier = new WalChainVerifier(WalExpectations.None)
        {
            RecordRead = (in WalRecord record) =>
            {
                if (found is not null || !range.Contains(record.Start))
                    return;
                LastRecord = record.Start;
                if (WalEvent.Decode(record) is { } known && matches(known))
                    found = record.Start;
            },
        };
        var first = store.SegmentSize.SegmentNumber(range.Start);
        var last = store.SegmentSize.SegmentNumber(new Lsn(range.End.Value - 1));
        for (var number = first; number <= last && found is null; number++)
        {
            ct.ThrowIfCancellationRequested();
            var end = Open(number) is { } segment ? Walk(segment, verifier) : null;
            StoppedBy = end?.StoppedBy;
            if (end is not { StoppedBy: null } && number < last)
                break;
            IsComplete = number == last;
        }

        return found;
    }

    private WalEnd Walk(WalSegment segment, WalChainVerifier verifier)
    {
        var file = Presence.OfFile(store.SegmentPath(segment)) ? store.SegmentPath(segment) : store.PartialPath(segment);
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return WalEndFinder.Find(handle, segment, verifier);
    }

    /// <summary>As recovery opens it: the newest timeline on the way whose first segment is not after it, else an older one.</summary>
    private WalSegment? Open(ulong number)
    {
        var timelines = path.Ancestors.Select(static ancestor => ancestor.Timeline).Append(path.Timeline).Reverse();
        foreach (var timeline in timelines)
        {
            var segment = new WalSegment(timeline, number, store.SegmentSize);
            if (store.SegmentSize.SegmentNumber(path.OwnedRange(timeline)!.Value.Start) <= number
                && (Presence.OfFile(store.SegmentPath(segment)) || Presence.OfFile(store.PartialPath(segment))))
            {
                return segment;
            }
        }

        return null;
    }
}
