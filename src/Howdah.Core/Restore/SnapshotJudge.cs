using Howdah.Core.Wal;

namespace Howdah.Core.Restore;

/// <summary>Decides whether one snapshot leads to one target.</summary>
internal sealed class SnapshotJudge(RestoreRequest request, RestorableSnapshot snapshot)
{
    private readonly WalLedger _ledger = request.Ledger;
    private readonly RestoreTarget _target = request.Target;
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

        var coverage = _ledger.Coverage(path);
        var reach = LsnRanges.Reaching(coverage, snapshot.StartLsn) is { } range ? range.End : snapshot.StartLsn;
        if (reach < snapshot.StopLsn)
            return RefuseMissing(path, coverage, reach, $"snapshot {snapshot.Id} needs WAL up to {snapshot.StopLsn}");
        return JudgeTarget(path, coverage, reach);
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) JudgeTarget(TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        switch (_target.Kind)
        {
            case RestoreTargetKind.Immediate:
                return Accept(path, snapshot.StopLsn, snapshot.StoppedAt, null);
            case RestoreTargetKind.Lsn:
                return JudgeLocation(path, coverage, reach, _target.Lsn!.Value);
            case RestoreTargetKind.Latest:
                return AcceptLatest(path, coverage, reach);
            case RestoreTargetKind.Time when _target.Time < snapshot.StoppedAt:
                return Refuse(
                    RestoreRefusalKind.TargetBeforeSnapshot,
                    $"snapshot {snapshot.Id} became consistent at {snapshot.StoppedAt:yyyy-MM-dd HH:mm:ssK}, after the target");
        }

        if (_target is { FoundAt: null, WasLookedFor: true })
            return RefuseUnfound(path, coverage, reach);
        if (_target.FoundAt is not { } found)
            return AcceptUnlocated(path, coverage, reach);
        return path.Contains(found.Timeline, found.Lsn) ? JudgeLocation(path, coverage, reach, found.Lsn) : Refuse(
            RestoreRefusalKind.TargetNotOnTimeline,
            $"{_target} is at {found.Lsn} of timeline {found.Timeline}, which is not on the way to timeline {path.Timeline}");
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
                RestoreRefusalKind.TargetBeforeSnapshot, $"snapshot {snapshot.Id} became consistent at {snapshot.StopLsn}, after {_target}");
        if (wanted < reach)
            return Accept(path, wanted, _target.Time, null);
        if (coverage.Any(range => range.Start > reach))
            return RefuseMissing(path, coverage, reach, $"{_target} needs WAL beyond {wanted}");
        return Refuse(
            RestoreRefusalKind.TargetBeyondWal,
            $"{_target} needs a WAL record at or after {wanted}, and the WAL on the way to timeline {path.Timeline} ends at {reach}");
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) AcceptLatest(TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        var beyond = coverage.FirstOrDefault(range => range.Start > reach);
        if (beyond.IsEmpty)
            return Accept(path, reach, _ledger.Find(path.TimelineAt(reach))?.LastStored, null);
        _remarks.Add(
            $"the WAL has a gap from {reach} to {beyond.Start}: {coverage[^1].End - beyond.Start} bytes of later WAL cannot be reached "
            + $"from snapshot {snapshot.Id}");
        return Accept(path, reach, null, reach);
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) AcceptUnlocated(TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        if (_target.Kind != RestoreTargetKind.Time)
            _remarks.Add(
                $"where {_target} is was not looked up: recovery fails if the WAL from {snapshot.StopLsn} to {reach} does not hold it");
        else if (_ledger.Find(path.Timeline)?.LastStored is { } stored && _target.Time > stored)
            _remarks.Add(
                $"the newest WAL was stored at {stored:yyyy-MM-dd HH:mm:ssK}, before the target: recovery may fail for want of a later "
                + "commit");
        if (coverage.FirstOrDefault(range => range.Start > reach) is { IsEmpty: false } beyond)
            _remarks.Add($"the WAL has a gap from {reach} to {beyond.Start}: recovery fails if {_target} lies after it");
        return Accept(path, reach, _target.Time, null);
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) RefuseUnfound(TimelineHistory path, IReadOnlyList<LsnRange> coverage, Lsn reach)
    {
        if (coverage.Any(range => range.Start > reach))
            return RefuseMissing(path, coverage, reach, $"{_target} is not in the WAL before");
        return _target.Kind == RestoreTargetKind.Time
            ? Refuse(RestoreRefusalKind.TargetBeyondWal, $"no transaction ended after {_target}: the newest moment is what can be reached")
            : Refuse(RestoreRefusalKind.TargetNotFound, $"the WAL from {snapshot.StopLsn} to {reach} does not hold {_target}");
    }

    private (RestorePlan? Plan, RestoreRefusal? Reason) Accept(TimelineHistory path, Lsn reached, DateTimeOffset? time, Lsn? endsAtGap)
    {
        if (ForeignTablespace(path, reached) is { } foreign)
            return RefuseTablespace(foreign);
        if (!snapshot.IsClean)
            _remarks.Add($"snapshot {snapshot.Id} has pages that failed their checksum");
        var size = _ledger.SegmentSize;
        var read = new LsnRange(size.SegmentStart(snapshot.StartLsn), Lsn.Max(reached, snapshot.StopLsn));
        var plan = new RestorePlan(snapshot, _target, path)
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
        _target.Kind == RestoreTargetKind.Latest
        || (_target.Kind is RestoreTargetKind.Time or RestoreTargetKind.Xid or RestoreTargetKind.Name && _target.FoundAt is null);

    /// <summary>Recovery to an LSN may still replay the record that begins there.</summary>
    private TablespaceCreation? ForeignTablespace(TimelineHistory path, Lsn reached) => request.ForeignTablespaces.FirstOrDefault(
        made => made.Lsn >= snapshot.StartLsn && made.Lsn <= reached && path.Contains(made.Timeline, made.Lsn));

    private (RestorePlan? Plan, RestoreRefusal? Reason) RefuseTablespace(TablespaceCreation made) => Refuse(
        RestoreRefusalKind.ForeignTablespace,
        $"from snapshot {snapshot.Id} recovery would make {made} and take over what is there, which may be the original's; take a newer "
        + $"backup, restore to a moment before {made.Lsn}, or, where {made.Location} belongs to nobody on this machine, add "
        + $"--tablespace {made.Oid}={made.Location}");

    private TimelineHistory? Path(out RestoreRefusal? refusal)
    {
        refusal = null;
        var timeline = _target.Timeline.Number
            ?? (_target.Timeline.IsCurrent ? snapshot.StartTimeline : _ledger.NewestTimeline ?? snapshot.StopTimeline);
        if (_ledger.HistoryOf(timeline) is { } history)
            return history;
        var known = _ledger.Find(timeline) is not null;
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
        var reason = _ledger.Gaps.FirstOrDefault(gap => gap.Timeline == timeline && !LsnRanges.Clip(gap.Range, missing).IsEmpty)?.Reason;
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
