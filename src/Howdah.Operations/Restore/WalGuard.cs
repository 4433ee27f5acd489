using System.Globalization;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;

namespace Howdah.Operations.Restore;

/// <summary>
/// Reads the WAL of each plan before the plan is accepted, so that no recovery makes a tablespace at a place that the operator did not
/// give it (design law 6), and none ends at damage that nobody was told of: PostgreSQL takes a damaged record for the end of the WAL.
/// </summary>
/// <param name="store">The system's WAL; null where none is held, so that nothing can be planned either.</param>
/// <param name="places">What the operator said, by OID or by original place.</param>
internal sealed class WalGuard(WalStore? store, IReadOnlyDictionary<string, string> places)
{
    /// <summary>As <see cref="RestorePlanner.Plan"/>, with what was found on the way.</summary>
    public RestorePlanning Plan(RestoreRequest request, CancellationToken ct)
    {
        var refusals = new List<RestoreRefusal>();
        while (true)
        {
            // Each turn rules out at least the snapshot that was chosen in the one before.
            var (planning, damage) = PlanWithoutForeignTablespaces(request, ct);
            if (planning.Plan is not { } plan)
                return planning with { Refusals = [.. refusals, .. planning.Refusals] };
            if (damage is null)
                return planning with { Plan = OnTheTimelineOfItsEnd(plan, request.Ledger, ct) };
            if (plan.Target.Kind == RestoreTargetKind.Latest && damage.Position >= plan.Snapshot.StopLsn)
                return planning with { Plan = EndAt(plan, damage, request.Ledger.SegmentSize) };
            refusals.Add(Refuse(plan, damage));
            request = request with { Snapshots = [.. request.Snapshots.Where(snapshot => snapshot.Id != plan.Snapshot.Id)] };
            if (request.SnapshotId is not null || request.Snapshots.Count == 0)
                return new RestorePlanning(null, refusals);
        }
    }

    private (RestorePlanning Planning, WalFinding? Damage) PlanWithoutForeignTablespaces(RestoreRequest request, CancellationToken ct)
    {
        var foreign = new List<TablespaceCreation>();
        while (true)
        {
            var planning = RestorePlanner.Plan(request with { ForeignTablespaces = foreign });
            if (planning.Plan is not { } plan || store is null)
                return (planning, null);
            var read = Read(store, plan, ct);
            var refused = read.Made.Where(creation => !IsGivenItsOwnPlace(creation)).ToList();
            if (refused.Count == 0)
            {
                plan = plan with { TablespacesMade = read.Made, LastTransaction = read.LastTransaction };
                return (planning with { Plan = plan }, read.Damage);
            }

            foreign.AddRange(refused);
        }
    }

    private bool IsGivenItsOwnPlace(TablespaceCreation made) =>
        (places.TryGetValue(made.Oid.ToString(CultureInfo.InvariantCulture), out var place) || places.TryGetValue(made.Location, out place))
        && Path.GetFullPath(place) == Path.GetFullPath(made.Location);

    private static WalOfPlan Read(WalStore store, RestorePlan plan, CancellationToken ct)
    {
        var found = new List<TablespaceCreation>();
        DateTimeOffset? ended = null;
        var scan = new WalScan(store, plan.Path, new LsnRange(plan.Snapshot.StartLsn, plan.ReachedLsn + 1));
        scan.Find(
            record =>
            {
                if (record is WalTransactionEnd { Time: { } time } && record.Start < plan.ReachedLsn)
                    ended = time;
                if (record is WalTablespaceCreation { Location: not "" } made)
                    found.Add(new TablespaceCreation(plan.Path.TimelineAt(made.Start), made.Start, made.Oid, made.Location));
                return false;
            },
            ct);

        // At the end of the range lies what normally ends WAL: zeroes, or half a record.
        var damage = scan.StoppedBy is { } finding && finding.Position >= plan.Snapshot.StartLsn && finding.Position < plan.ReachedLsn
            ? finding
            : null;
        return new WalOfPlan(found, damage, ended);
    }

    /// <summary>
    /// A target on the way to the newest timeline, but before that began, is reached on the timeline that it lies on, where its records
    /// are held there. PostgreSQL writes recovery_target_timeline down as the parent of the one that a promotion begins (xlog.c,
    /// StartupXLOG), as if it had been left before it was entered: no standby and no receiver can follow such a history.
    /// </summary>
    private RestorePlan OnTheTimelineOfItsEnd(RestorePlan plan, WalLedger ledger, CancellationToken ct)
    {
        if (store is null || plan.ReplayEndsAt is not null || plan.Target.Timeline.Number is not null)
            return plan;
        var end = plan.Target.FoundAt?.Lsn ?? plan.ReachedLsn;
        var timeline = plan.Path.TimelineAt(end);
        if (timeline == plan.Path.Timeline || ledger.HistoryOf(timeline) is not { } path)
            return plan;
        var scan = new WalScan(store, path, new LsnRange(plan.Snapshot.StartLsn, plan.Path.OwnedRange(timeline)!.Value.End));
        scan.Find(static _ => false, ct);
        return scan.LastRecord >= end ? plan with { Path = path } : plan;
    }

    /// <summary>The newest moment that can be reached lies before the damage, as it would before a hole.</summary>
    private static RestorePlan EndAt(RestorePlan plan, WalFinding damage, WalSegmentSize size) => plan with
    {
        Wal =
        [
            .. plan.Wal
                .Select(piece => piece with { Range = new LsnRange(piece.Range.Start, Lsn.Min(piece.Range.End, damage.Position)) })
                .Where(static piece => !piece.Range.IsEmpty),
        ],
        Segments =
            (long)(size.SegmentNumber(new Lsn(damage.Position.Value - 1)) - size.SegmentNumber(plan.Wal[0].Range.Start) + 1),
        ReachedLsn = damage.Position,
        ReachedTime = null,
        EndsAtGap = damage.Position,
        ReplayEndsAt = damage.Position,
        Damage = $"the WAL is damaged in {damage}",
        Remarks =
        [
            .. plan.Remarks,
            $"the WAL is damaged in {damage}; {plan.ReachedLsn - damage.Position} bytes of later WAL cannot be reached",
        ],
    };

    private static RestoreRefusal Refuse(RestorePlan plan, WalFinding damage) => new(
        RestoreRefusalKind.WalMissing,
        plan.Snapshot.Id,
        $"snapshot {plan.Snapshot.Id} needs WAL up to {Lsn.Max(plan.ReachedLsn, plan.Snapshot.StopLsn)}, "
        + $"and the WAL is damaged in {damage}");

    /// <summary>What the WAL of a plan holds.</summary>
    /// <param name="Made">Tablespaces that it makes.</param>
    /// <param name="Damage">What ends it before the plan's end; null where nothing does.</param>
    /// <param name="LastTransaction">When the last one ended; null where none did.</param>
    private sealed record WalOfPlan(IReadOnlyList<TablespaceCreation> Made, WalFinding? Damage, DateTimeOffset? LastTransaction);
}
