using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;

namespace Howdah.Operations.Restore;

/// <summary>
/// Looks into the WAL for the record that a time, a transaction or a name means, so that the plan can say where it is and whether it
/// is there at all. Otherwise PostgreSQL finds out after the whole replay.
/// </summary>
/// <remarks>
/// Reads from the newest snapshot backwards, each time up to where the one before was read, so a recent target costs little. What
/// cannot be read counts as not found: the planner then says that nobody knows.
/// </remarks>
internal sealed class RestoreTargetFinder(WalStore? store, WalLedger ledger, IReadOnlyList<RestorableSnapshot> snapshots)
{
    /// <summary>The target with its place in the WAL, where it was found.</summary>
    public RestoreTarget Locate(RestoreTarget target, string? snapshotId, CancellationToken ct)
    {
        if (store is null || target.Kind is not (RestoreTargetKind.Time or RestoreTargetKind.Xid or RestoreTargetKind.Name))
            return target;
        var timeline = target.Timeline.Number ?? (target.Timeline.IsCurrent ? null : ledger.NewestTimeline);
        if (timeline is not { } followed || ledger.HistoryOf(followed) is not { } path)
            return target;
        var coverage = ledger.Coverage(path);
        var end = new Lsn(ulong.MaxValue);
        var complete = true;
        var looked = false;
        var hasNameless = false;
        foreach (var snapshot in Candidates(target, snapshotId, path))
        {
            if (LsnRanges.Reaching(coverage, snapshot.StartLsn) is not { } held || held.End <= snapshot.StopLsn)
                continue;
            looked = true;
            var scan = new WalScan(store, path, new LsnRange(snapshot.StartLsn, Lsn.Min(held.End, end)));
            if (scan.Find(found => Matches(Note(found), target, snapshot), ct) is { } record)
                return target with { FoundAt = new WalLocation(path.TimelineAt(record), record) };
            complete &= scan.IsComplete && !hasNameless;
            if (target.Kind == RestoreTargetKind.Time)
                return target with { WasLookedFor = complete, LastRecord = scan.LastRecord >= snapshot.StopLsn ? scan.LastRecord : null };
            end = snapshot.StopLsn;
        }

        return target with { WasLookedFor = looked && complete };

        // The end of a prepared transaction names it elsewhere in the record (xact.h, xl_xact_twophase), where we do not look.
        WalEvent Note(WalEvent found)
        {
            hasNameless |= target.Kind == RestoreTargetKind.Xid && found is WalTransactionEnd { TransactionId: 0 };
            return found;
        }
    }

    private IEnumerable<RestorableSnapshot> Candidates(RestoreTarget target, string? snapshotId, TimelineHistory path) => snapshots
        .Where(snapshot => snapshot.System == ledger.System && snapshot.Lineage == ledger.LineageId)
        .Where(snapshot => snapshotId is null || snapshot.Id == snapshotId)
        .Where(snapshot => path.Contains(snapshot.StopTimeline, snapshot.StopLsn))
        .Where(snapshot => target.Kind != RestoreTargetKind.Time || snapshot.StoppedAt <= target.Time)
        .OrderByDescending(static snapshot => snapshot.StopLsn);

    /// <summary>
    /// The records at which recovery stops (PostgreSQL 11-18, recoveryStopsBefore and recoveryStopsAfter): for a time the first
    /// transaction that ended after it.
    /// </summary>
    private static bool Matches(WalEvent found, RestoreTarget target, RestorableSnapshot snapshot) =>
        found.Start >= snapshot.StopLsn && found switch
        {
            WalTransactionEnd end when target.Kind == RestoreTargetKind.Xid => end.TransactionId == (uint)target.Xid!.Value,
            WalTransactionEnd end when target.Kind == RestoreTargetKind.Time => end.Time > target.Time,
            WalRestorePoint point when target.Kind == RestoreTargetKind.Name => point.Name == target.Name,
            _ => false,
        };
}
