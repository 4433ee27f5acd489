using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Repository.Wal;

namespace Howdah.Operations.Backup;

/// <summary>Waits for WAL by reading a repository's ledger again and again; somebody else receives it.</summary>
/// <param name="store">Where the WAL arrives.</param>
/// <param name="time">The clock.</param>
/// <param name="patience">How long the ledger may stand still before the wait fails; each new byte starts it again.</param>
public sealed class LedgerWalArrival(WalStore store, TimeProvider time, TimeSpan patience) : IWalArrival
{
    /// <summary>A receiver reconnects within seconds; two minutes without a byte mean that none is at work.</summary>
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>For a backup that begins: without a receiver its WAL never arrives, and everything is copied for nothing.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.BackupFailed"/>: nobody receives into the store.</exception>
    public static LedgerWalArrival FromReceiver(WalStore store, TimeProvider time) => store.HasReceiver()
        ? new LedgerWalArrival(store, time, DefaultPatience)
        : throw new OperationException(
            ErrorCodes.BackupFailed,
            $"nobody receives WAL into {store.Directory}, and a backup without its WAL is none",
            "start the receiver: howdah up --detach, or on several hosts the agent");

    public async Task WaitAsync(TimelineId timeline, LsnRange range, CancellationToken cancellationToken)
    {
        var best = Lsn.None;
        var since = time.GetTimestamp();
        var wasLost = false;
        while (true)
        {
            var ledger = await store.ReadLedgerAsync(cancellationToken);
            var held = ledger.HistoryOf(timeline) is { } history ? ledger.Coverage(history) : [];
            if (held.Any(part => part.Contains(range)))
                return;
            var reached = held.LastOrDefault(part => part.Start <= range.Start).End;
            // Seen twice: a segment that is being renamed may be seen under neither of its names.
            var isLost = IsLost(ledger, range, held, reached);
            if (isLost && wasLost)
                throw Passed(timeline, range, held, reached);
            wasLost = isLost;
            if (reached > best)
            {
                best = reached;
                since = time.GetTimestamp();
            }

            if (time.GetElapsedTime(since) > patience)
            {
                var hasHole = held.Any(part => part.Start > range.Start);
                throw hasHole ? Passed(timeline, range, held, reached) : NotArrived(timeline, range, best);
            }

            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    /// <summary>What the backup needs lies before everything that is held, or was recorded as gone. A hole behind what is held may still
    /// close: segments are finished side by side.</summary>
    private static bool IsLost(WalLedger ledger, LsnRange range, IReadOnlyList<LsnRange> held, Lsn reached) =>
        (reached == Lsn.None && held.Any(part => part.Start > range.Start))
        || ledger.Gaps.Any(gap => gap.Origin == WalGapOrigin.Recorded && !LsnRanges.Clip(gap.Range, range).IsEmpty);

    private static OperationException Passed(TimelineId timeline, LsnRange range, IReadOnlyList<LsnRange> held, Lsn reached)
    {
        var needs = $"the backup needs WAL {range} of timeline {timeline}, and the repository";
        return reached == Lsn.None
            ? new OperationException(
                ErrorCodes.WalGap,
                $"{needs} begins at {held[0].Start}",
                "a standby's backup begins at its last checkpoint: run a checkpoint on the primary, then take the backup again")
            : new OperationException(
                ErrorCodes.WalGap,
                $"{needs} has a gap from {reached} on",
                "take the backup again; find out why the receiver lost WAL");
    }

    private OperationException NotArrived(TimelineId timeline, LsnRange range, Lsn reached) => new(
        ErrorCodes.BackupFailed,
        $"the backup needs WAL {range} of timeline {timeline}, the repository holds it up to {reached} "
        + $"and got nothing for {patience.TotalSeconds:0} s",
        "see whether the WAL receiver of this repository runs");
}
