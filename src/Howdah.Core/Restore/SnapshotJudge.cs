using Howdah.Core.Wal;

namespace Howdah.Core.Restore;

/// <summary>Decides whether one snapshot leads to one target.</summary>
/// <param name="ledger">The WAL.</param>
/// <param name="target">Where to.</param>
/// <param name="snapshot">From where.</param>
/// <param name="foreign">What must not be replayed.</param>
internal sealed class SnapshotJudge(
    WalLedger ledger, RestoreTarget target, RestorableSnapshot snapshot, IReadOnlyList<TablespaceCreation> foreign)
{
    private readonly List<string> _remarks = [];

    /// <summary>A plan or a reason; exactly one is set.</summary>
    public (RestorePlan? Plan, RestoreRefusal? Reason) Judge()
    {
        if (Path(out var refusal) is not { } path)
            return (null, refusal);
        if (!path.Contains(snapshot.StartTimeline, snapshot.StartLsn) || !path.Contains(snapshot.StopTimeline, snapshot.StopLsn))
        {
            return Refuse(
                RestoreRefusalKind.NotAnAncestor,
                $"snapshot {snapshot.Id} ends at {snapshot.StopLsn} of timeline {snapshot.StopTimeline}, which is not on the way to "
                + $"timeline {path.Timeline}");
        }

        var coverage = ledger.Coverage(path);
        var reach = LsnRanges.Reaching(coverage, snapshot.StartLsn) is { } range ? range.End : snapshot.StartLsn;
        if (reach < snapshot.StopLsn)
            return RefuseMissing(path, coverage, reach, $"snapshot {snapshot.Id} needs WAL up to {snapshot.StopLsn}");
        return JudgeTarget(path, coverage, reach);
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) JudgeTarget(TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        switch (target.Kind)
        {
            case RestoreTargetKind.Immediate:
                return Accept(path, snapshot.StopLsn, snapshot.StoppedAt, null);
            case RestoreTargetKind.Lsn:
                return JudgeLocation(path, coverage, reach, target.Lsn!.Value);
            case RestoreTargetKind.Latest:
                return AcceptLatest(path, coverage, reach);
            case RestoreTargetKind.Time when target.Time < snapshot.StoppedAt:
                return Refuse(
                    RestoreRefusalKind.TargetBeforeSnapshot,
                    $"snapshot {snapshot.Id} became consistent at {snapshot.StoppedAt:yyyy-MM-dd HH:mm:ssK}, after the target");
        }

        if (target is { FoundAt: null, WasLookedFor: true })
            return target.Time <= KnownUntil(path, reach) ? AcceptSilence(path, reach) : RefuseUnfound(path, coverage, reach);
        if (target.FoundAt is not { } found)
            return AcceptUnlocated(path, coverage, reach);
        return path.Contains(found.Timeline, found.Lsn) ? JudgeLocation(path, coverage, reach, found.Lsn) : Refuse(
            RestoreRefusalKind.TargetNotOnTimeline,
            $"{target} is at {found.Lsn} of timeline {found.Timeline}, which is not on the way to timeline {path.Timeline}");
    }

    /// <summary>
    /// PostgreSQL stops at the first record that begins at or after the target (xlogrecovery.c, recoveryStopsBefore and
    /// recoveryStopsAfter), so WAL must go on beyond it; and refuses targets before the end of the backup.
    /// </summary>
    private (RestorePlan? Plan, RestoreRefusal? Reason) JudgeLocation(
        TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach, Lsn wanted)
    {
        if (wanted < snapshot.StopLsn)
            return Refuse(
                RestoreRefusalKind.TargetBeforeSnapshot, $"snapshot {snapshot.Id} became consistent at {snapshot.StopLsn}, after {target}");
        if (wanted < reach)
            return Accept(path, wanted, target.Time, null);
        if (coverage.Any(range => range.Start > reach))
            return RefuseMissing(path, coverage, reach, $"{target} needs WAL beyond {wanted}");
        return Refuse(
            RestoreRefusalKind.TargetBeyondWal,
            $"{target} needs a WAL record at or after {wanted}, and the WAL on the way to timeline {path.Timeline} ends at {reach}");
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) AcceptLatest(TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        var beyond = coverage.FirstOrDefault(range => range.Start > reach);
        if (beyond.IsEmpty)
            return Accept(path, reach, KnownUntil(path, reach), null);
        _remarks.Add(
            $"the WAL has a gap from {reach} to {beyond.Start}: {coverage[^1].End - beyond.Start} bytes of later WAL cannot be reached "
            + $"from snapshot {snapshot.Id}");
        return WithHoles(Accept(path, reach, null, reach), coverage, reach);
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) AcceptUnlocated(TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        if (target.Kind != RestoreTargetKind.Time)
            _remarks.Add(
                $"where {target} is was not looked up: recovery fails if the WAL from {snapshot.StopLsn} to {reach} does not hold it");
        else
            _remarks.Add("the WAL could not be read to its end: recovery fails if no transaction ended after the target");
        if (coverage.FirstOrDefault(range => range.Start > reach) is { IsEmpty: false } beyond)
            _remarks.Add($"the WAL has a gap from {reach} to {beyond.Start}: recovery fails if {target} lies after it");
        return WithHoles(Accept(path, reach, target.Time, null), coverage, reach);
    }

    private static (RestorePlan? Plan, RestoreRefusal? Reason) WithHoles(
        (RestorePlan? Plan, RestoreRefusal? Reason) judged, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        if (judged.Plan is not { } plan)
            return judged;
        var later = coverage.Where(range => range.Start > reach).ToList();
        var ends = later.Select(static range => range.End).Prepend(reach);
        var holes = ends.Zip(later, static (end, next) => new LsnRange(end, next.Start));
        return (plan with { Missing = [.. holes.SelectMany(hole => Pieces(plan.Path, hole))] }, null);
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) RefuseUnfound(TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        if (coverage.Any(range => range.Start > reach))
            return RefuseMissing(path, coverage, reach, $"{target} is not in the WAL before");
        return target.Kind == RestoreTargetKind.Time
            ? Refuse(RestoreRefusalKind.TargetBeyondWal, BeyondWal(path, reach))
            : Refuse(RestoreRefusalKind.TargetNotFound, $"the WAL from {snapshot.StopLsn} to {reach} does not hold {target}");
    }

    private string BeyondWal(TimelineHistory path, Lsn reach)
    {
        var known = KnownUntil(path, reach) is { } until
            ? $"up to {until:yyyy-MM-dd HH:mm:ss.fffK} all of it is known to be held, and nothing is known of later"
            : "up to when all of it is held is not known";
        return $"the WAL, which ends at {reach}, has no transaction that ended after {target}; {known}: without a target, all there is "
            + "is restored";
    }

    /// <summary>Nothing ended after the time, and the server has confirmed that nothing did: all that is held is the state then.</summary>
    private (RestorePlan? Plan, RestoreRefusal? Reason) AcceptSilence(TimelineHistory path, Lsn reach)
    {
        _remarks.Add("no transaction ended after the target, and the WAL is known to be whole until then: recovery takes all of it");
        var end = target.LastRecord is { } last
            ? new RestoreTarget { Kind = RestoreTargetKind.Lsn, Lsn = last, Action = target.Action }
            : new RestoreTarget { Kind = RestoreTargetKind.Immediate, Action = target.Action };
        var (plan, reason) = Accept(path, reach, target.Time, null);
        return (plan is null ? null : plan with { StopsAt = end }, reason);
    }

    /// <summary>Up to when all that was committed is in the WAL up to <paramref name="reach"/>; null where no server has said.</summary>
    private DateTimeOffset? KnownUntil(TimelineHistory path, Lsn reach) =>
        ledger.Complete is not { } complete || !complete.Covers(path, reach) ? null
            : complete.Until > snapshot.StoppedAt ? complete.Until
            : snapshot.StoppedAt;

    private (RestorePlan? Plan, RestoreRefusal? Reason) Accept(TimelineHistory path, Lsn reached, DateTimeOffset? time, Lsn? endsAtGap)
    {
        if (ForeignTablespace(path, reached) is { } made)
            return RefuseTablespace(made);
        if (!snapshot.IsClean)
            _remarks.Add($"snapshot {snapshot.Id} has pages that failed their checksum");
        var size = ledger.SegmentSize;
        var read = new LsnRange(size.SegmentStart(snapshot.StartLsn), Lsn.Max(reached, snapshot.StopLsn));
        var plan = new RestorePlan(snapshot, target, path)
        {
            Wal = Pieces(path, read),
            Segments = (long)(size.SegmentNumber(new Lsn(read.End.Value - 1)) - size.SegmentNumber(read.Start) + 1),
            ReachedLsn = reached,
            ReachedTime = time,
            EndsAtGap = endsAtGap,
            ReplayEndsAt = IsOpenEnded ? reached : null,
            Remarks = _remarks,
        };
        return (plan, null);
    }

    /// <summary>Recovery takes all WAL that it is given, or stops where nobody knows.</summary>
    private bool IsOpenEnded =>
        target.Kind == RestoreTargetKind.Latest
        || (target.Kind is RestoreTargetKind.Time or RestoreTargetKind.Xid or RestoreTargetKind.Name && target.FoundAt is null);

    /// <summary>Recovery to an LSN may still replay the record that begins there.</summary>
    private TablespaceCreation? ForeignTablespace(TimelineHistory path, Lsn reached) => foreign.FirstOrDefault(
        made => made.Lsn >= snapshot.StartLsn && made.Lsn <= reached && path.Contains(made.Timeline, made.Lsn));

    private (RestorePlan? Plan, RestoreRefusal? Reason) RefuseTablespace(TablespaceCreation made) => Refuse(
        RestoreRefusalKind.ForeignTablespace,
        $"from snapshot {snapshot.Id} recovery would make {made} and take over what is there, which may be the original's; take a newer "
        + $"backup, restore to a moment before {made.Lsn}, or, where {made.Location} belongs to nobody on this machine, add "
        + $"--tablespace {made.Oid}={made.Location}");

    private TimelineHistory? Path(out RestoreRefusal? refusal)
    {
        refusal = null;
        var timeline = target.Timeline.Number
            ?? (target.Timeline.IsCurrent ? snapshot.StartTimeline : ledger.NewestTimeline ?? snapshot.StopTimeline);
        if (ledger.HistoryOf(timeline) is { } history)
            return history;
        var known = ledger.Find(timeline) is not null;
        refusal = new RestoreRefusal(
            known ? RestoreRefusalKind.HistoryMissing : RestoreRefusalKind.TimelineUnknown,
            snapshot.Id,
            known
                ? $"the history file of timeline {timeline} is missing, so that nothing proves what leads to it"
                : $"the repository knows no timeline {timeline}");
        return null;
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) RefuseMissing(
        TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach, string need)
    {
        var next = coverage.FirstOrDefault(range => range.Start > reach);
        var missing = new LsnRange(reach, next.IsEmpty ? Lsn.Max(snapshot.StopLsn, reach + 1) : next.Start);
        var timeline = path.TimelineAt(reach);
        var reason = ledger.Gaps.FirstOrDefault(gap => gap.Timeline == timeline && !LsnRanges.Clip(gap.Range, missing).IsEmpty)?.Reason;
        var message = $"{need}, and the repository lacks {missing} of timeline {timeline}{(reason is null ? "" : $" ({reason})")}";
        return (null, new RestoreRefusal(RestoreRefusalKind.WalMissing, snapshot.Id, message, new WalPiece(timeline, missing)));
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) Refuse(RestoreRefusalKind kind, string message) =>
        (null, new RestoreRefusal(kind, snapshot.Id, message));

    private static List<WalPiece> Pieces(TimelineHistory path, LsnRange read)
    {
        var timelines = path.Ancestors.Select(static ancestor => ancestor.Timeline).Append(path.Timeline);
        return timelines
            .Select(timeline => new WalPiece(timeline, LsnRanges.Clip(path.OwnedRange(timeline)!.Value, read)))
            .Where(static piece => !piece.Range.IsEmpty)
            .ToList();
    }
}
