using Howdah.Barman.Facts;
using Howdah.Core.Wal;
using Howdah.Repository;
using Howdah.Storage;

namespace Howdah.Barman.Observation;

/// <summary>
/// Judges the receiver by what both ends say: the primary streams through the receiver's slot, and what its user calls flushed lies in
/// this repository. A process that merely exists proves nothing, and neither does somebody else on the slot.
/// </summary>
internal static class ReceiverProof
{
    public static ReceiverFacts Judge(PrimaryFacts primary, string slot, BackupRepository? repository)
    {
        if (primary.ReceiverState is not { } state)
        {
            return new ReceiverFacts
            {
                Problem = $"nobody streams through slot '{slot}': start the receiver with 'howdah up', or the agent",
            };
        }

        if (state is not ("streaming" or "catchup"))
            return new ReceiverFacts { Problem = $"the user of slot '{slot}' is in state '{state}'" };
        if (repository is null)
            return new ReceiverFacts { Problem = "not evaluated: the repository cannot be read" };
        if (primary.ReceiverFlushed is not { IsNone: false } flushed || Holds(primary, flushed, repository))
            return new ReceiverFacts { IsStreaming = true };
        return new ReceiverFacts { Problem = $"slot '{slot}' is used by somebody whose WAL at {flushed} is not in {repository.Directory}" };
    }

    private static bool Holds(PrimaryFacts primary, Lsn flushed, BackupRepository repository)
    {
        if (repository.FindWal(primary.Postgres.SystemIdentifier) is not { } store)
            return false;
        var size = store.SegmentSize;
        // On a boundary the byte before may never have been received: a first receiver begins at the start of a segment.
        var number = size.SegmentNumber(flushed);
        ulong[] numbers = size.Offset(flushed) == 0 ? [number - 1, number] : [number];
        var timeline = WalFileName.TryParseTimeline(primary.Postgres.CurrentSegment, out var parsed) ? parsed : TimelineId.First;
        for (; timeline.Value > 0; timeline = new TimelineId(timeline.Value - 1))
        {
            // A segment is renamed when it is whole, so the second look cannot miss what the first one did.
            if (Array.Exists(numbers, held => Exists(store.PartialPath, held) || Exists(store.SegmentPath, held)))
                return true;
        }

        return false;

        bool Exists(Func<WalSegment, string> pathOf, ulong held) => Presence.OfFile(pathOf(new WalSegment(timeline, held, size)));
    }
}
