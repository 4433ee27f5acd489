namespace Howdah.Core.Restore;

/// <summary>
/// Chooses the snapshot and the WAL that lead to a target, or says why nothing does. Pure: the same request gives the same answer.
/// </summary>
/// <remarks>
/// A snapshot is used only where the timeline's history proves that it lies on the way to the target. Choosing the newest backup
/// without that proof fails after the whole replay (docs/repository-format.md).
/// </remarks>
public static class RestorePlanner
{
    public static RestorePlanning Plan(RestoreRequest request)
    {
        var candidates = Candidates(request, out var refusal);
        if (refusal is not null)
            return new RestorePlanning(null, [refusal]);
        var plans = new List<RestorePlan>();
        var refusals = new List<RestoreRefusal>();
        foreach (var snapshot in candidates)
        {
            var (plan, reason) = new SnapshotJudge(request.Ledger, request.Target, snapshot, request.ForeignTablespaces).Judge();
            if (plan is not null)
                plans.Add(plan);
            else
                refusals.Add(reason!);
        }

        return plans.Count > 0 ? new RestorePlanning(Choose(plans, request), []) : new RestorePlanning(null, refusals);
    }

    /// <summary>The snapshots that belong to the ledger, newest first; or the reason why there is none.</summary>
    private static RestorableSnapshot[] Candidates(RestoreRequest request, out RestoreRefusal? refusal)
    {
        refusal = null;
        var named = request.SnapshotId is { } id
            ? request.Snapshots.Where(snapshot => snapshot.Id == id).ToArray()
            : [.. request.Snapshots];
        if (named.Length == 0)
        {
            var message = request.SnapshotId is { } wanted
                ? $"the repository holds no snapshot {wanted}"
                : "the repository holds no snapshot";
            refusal = new RestoreRefusal(RestoreRefusalKind.NoSnapshot, request.SnapshotId, message);
        }

        var own = named.Where(
            snapshot => snapshot.System == request.Ledger.System && snapshot.Lineage == request.Ledger.LineageId).ToArray();
        if (named.Length > 0 && own.Length == 0)
        {
            refusal = new RestoreRefusal(
                RestoreRefusalKind.ForeignSnapshot,
                request.SnapshotId,
                $"no snapshot belongs to the WAL of system {request.Ledger.System}");
        }

        return [.. own.OrderByDescending(static snapshot => snapshot.StopLsn).ThenByDescending(static snapshot => snapshot.StoppedAt)];
    }

    /// <summary>
    /// The furthest reach for "latest"; the oldest snapshot where nobody knows where the target is, because only that one surely lies
    /// before it; else the newest, which replays least. A clean snapshot comes before one with damaged pages.
    /// </summary>
    private static RestorePlan Choose(List<RestorePlan> plans, RestoreRequest request)
    {
        var target = request.Target;
        if (target.Kind == RestoreTargetKind.Latest)
        {
            return plans.OrderByDescending(static plan => plan.Path.Timeline)
                .ThenByDescending(static plan => plan.ReachedLsn)
                .ThenByDescending(static plan => plan.Snapshot.IsClean)
                .ThenByDescending(static plan => plan.Snapshot.StopLsn)
                .First();
        }

        var byTrust = plans.OrderByDescending(static plan => plan.Snapshot.IsClean);
        return target.Kind is RestoreTargetKind.Xid or RestoreTargetKind.Name && target.FoundAt is null
            ? byTrust.ThenBy(static plan => plan.Snapshot.StopLsn).First()
            : byTrust.ThenByDescending(static plan => plan.Snapshot.StopLsn).First();
    }
}
