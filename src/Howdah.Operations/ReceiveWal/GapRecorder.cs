using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>Writes a gap into the ledger, one record for each timeline that it touches, and raises the alarm.</summary>
internal static class GapRecorder
{
    public static async Task RecordAsync(
        ReceiverContext context,
        TimelineHistory history,
        TimelineId timeline,
        LsnRange gap,
        string reason,
        CancellationToken cancellationToken)
    {
        foreach (var (owner, part) in Split(history, timeline, gap))
            await context.Store.RecordGapAsync(owner, part, reason, cancellationToken);
        context.Observer.OnEvent(new WalReceiverEvent(
            WalReceiverEventKind.GapRecorded,
            IsAlarm: true,
            $"WAL {gap} of timeline {timeline} can no longer be had: {reason}; recovery across it is impossible, a new base backup needed")
        {
            Timeline = timeline,
            Range = gap,
        });
    }

    private static IEnumerable<(TimelineId Timeline, LsnRange Part)> Split(TimelineHistory history, TimelineId first, LsnRange gap)
    {
        var start = gap.Start;
        foreach (var timeline in history.Ancestors.Select(
            ancestor => ancestor.Timeline).Append(history.Timeline).Where(timeline => timeline >= first))
        {
            if (history.OwnedRange(timeline) is not { } owned || owned.End <= start)
                continue;
            var part = new LsnRange(start, Lsn.Min(owned.End, gap.End));
            if (part.IsEmpty)
                yield break;
            yield return (timeline, part);
            start = part.End;
        }
    }
}
