using CsCheck;
using Howdah.Core.Restore;
using Howdah.Core.Wal;

namespace Howdah.Core.Tests.Restore;

public sealed class RestorePlannerTests
{
    private const ulong S = 1 << 20;
    private static readonly SystemIdentifier System1 = new(42);
    private static readonly WalSegmentSize Size = new((int)S);
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Latest_takes_the_newest_snapshot_and_all_wal()
    {
        var plan = Reach(RestoreTarget.Latest, Ledger(Line(1, (2, 10))), Snapshot("a", 1, 3), Snapshot("b", 1, 6));
        Assert.Equal("b", plan.Snapshot.Id);
        Assert.Equal(At(10), plan.ReachedLsn);
        Assert.Equal([new WalPiece(TimelineId.First, new LsnRange(At(6), At(10)))], plan.Wal);
        Assert.Equal(4, plan.Segments);
        Assert.Null(plan.EndsAtGap);
    }

    [Fact]
    public void Latest_follows_the_newest_timeline_from_a_snapshot_of_its_parent()
    {
        var ledger = Ledger(Line(1, (2, 8)), Line(2, (8, 12)) with { History = Forked(2, (1, At(8) + 100)) });
        var plan = Reach(RestoreTarget.Latest, ledger, Snapshot("a", 1, 3));
        Assert.Equal(new TimelineId(2), plan.Path.Timeline);
        Assert.Equal(At(12), plan.ReachedLsn);
        Assert.Equal(
            [
                new WalPiece(TimelineId.First, new LsnRange(At(3), At(8) + 100)),
                new WalPiece(new TimelineId(2), new LsnRange(At(8) + 100, At(12)))
            ],
            plan.Wal);
    }

    [Fact]
    public void A_snapshot_taken_after_the_fork_on_the_old_branch_is_not_an_ancestor()
    {
        var ledger = Ledger(Line(1, (2, 12)), Line(2, (5, 9)) with { History = Forked(2, (1, At(5))) });
        Assert.Equal("before", Reach(RestoreTarget.Latest, ledger, Snapshot("before", 1, 3), Snapshot("after", 1, 8)).Snapshot.Id);
        Assert.Equal(RestoreRefusalKind.NotAnAncestor, Refused(RestoreTarget.Latest, ledger, Snapshot("after", 1, 8)).Kind);
        var old = Reach(
            new RestoreTarget { Timeline = TimelineChoice.Of(TimelineId.First) },
            ledger,
            Snapshot("before", 1, 3),
            Snapshot("after", 1, 8));
        Assert.Equal(("after", At(12)), (old.Snapshot.Id, old.ReachedLsn));
        Assert.Equal(At(12), Reach(new RestoreTarget { Timeline = TimelineChoice.Current }, ledger, Snapshot("after", 1, 8)).ReachedLsn);
    }

    [Fact]
    public void Without_its_history_nothing_is_proven_about_a_timeline()
    {
        var ledger = Ledger(Line(1, (2, 8)), Line(2, (8, 12)) with { History = null });
        Assert.Equal(RestoreRefusalKind.HistoryMissing, Refused(RestoreTarget.Latest, ledger, Snapshot("a", 1, 3)).Kind);
        Assert.Equal(
            RestoreRefusalKind.TimelineUnknown,
            Refused(new RestoreTarget { Timeline = TimelineChoice.Of(new TimelineId(9)) }, ledger, Snapshot("a", 1, 3)).Kind);
    }

    [Fact]
    public void A_snapshot_whose_own_wal_is_missing_is_refused_with_the_missing_bytes()
    {
        var refusal = Refused(RestoreTarget.Latest, Ledger(Line(1, (5, 10))), Snapshot("a", 1, 3));
        Assert.Equal(RestoreRefusalKind.WalMissing, refusal.Kind);
        Assert.Equal(new WalPiece(TimelineId.First, new LsnRange(At(3) + 40, At(5))), refusal.Missing);
        Assert.Equal(RestoreRefusalKind.WalMissing, Refused(RestoreTarget.Latest, Ledger(), Snapshot("a", 1, 3)).Kind);
    }

    [Fact]
    public void What_is_missing_is_told_to_the_byte_and_with_the_recorded_reason()
    {
        var held = Line(1, (2, 6), (8, 12));
        var gap = new WalGap(TimelineId.First, new LsnRange(At(6), At(8)), "the slot was dropped", WalGapOrigin.Recorded);
        var torn = Ledger(held with { Gaps = [gap] });
        Assert.Equal(
            "LSN 0/900000 needs WAL beyond 0/900000, and the repository lacks 0/600000..0/800000 of timeline 1 (the slot was dropped)",
            Refused(AtLsn(At(9)), torn, Snapshot("a", 1, 3)).Message);
        Assert.Equal(
            "snapshot b needs WAL up to 0/7000C8, and the repository lacks 0/700028..0/800000 of timeline 1",
            Refused(RestoreTarget.Latest, Ledger(held), Snapshot("b", 1, 7)).Message);
        Assert.Equal(
            "LSN 0/D00000 needs a WAL record at or after 0/D00000, and the WAL on the way to timeline 1 ends at 0/C00000",
            Refused(AtLsn(At(13)), Ledger(held), Snapshot("c", 1, 9)).Message);
    }

    [Fact]
    public void Latest_prefers_the_snapshot_behind_a_gap_and_says_so_where_there_is_none()
    {
        var ledger = Ledger(Line(1, (2, 6), (8, 12)));
        Assert.Equal("b", Reach(RestoreTarget.Latest, ledger, Snapshot("a", 1, 3), Snapshot("b", 1, 9)).Snapshot.Id);
        var plan = Reach(RestoreTarget.Latest, ledger, Snapshot("a", 1, 3));
        Assert.Equal((At(6), At(6)), (plan.ReachedLsn, plan.EndsAtGap));
        Assert.Contains("gap", Assert.Single(plan.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_beyond_a_gap_is_named_hole_by_hole_and_by_timeline()
    {
        var holes = Reach(RestoreTarget.Latest, Ledger(Line(1, (2, 6), (8, 12), (13, 14))), Snapshot("a", 1, 3)).Missing;
        Assert.Equal([new(TimelineId.First, new LsnRange(At(6), At(8))), new(TimelineId.First, new LsnRange(At(12), At(13)))], holes);
        Assert.Empty(Reach(RestoreTarget.Latest, Ledger(Line(1, (2, 6))), Snapshot("a", 1, 3)).Missing);
    }

    [Fact]
    public void An_lsn_needs_a_snapshot_before_it_and_wal_beyond_it()
    {
        var ledger = Ledger(Line(1, (2, 6), (8, 12)));
        RestorableSnapshot[] all = [Snapshot("a", 1, 3), Snapshot("b", 1, 9)];
        Assert.Equal("a", Reach(At(5) + 7, ledger, all).Snapshot.Id);
        Assert.Equal("b", Reach(At(10), ledger, all).Snapshot.Id);
        Assert.Contains(RestoreRefusalKind.WalMissing, Kinds(At(7), ledger, all));
        Assert.Contains(RestoreRefusalKind.TargetBeyondWal, Kinds(At(12), ledger, all));
        Assert.All(Kinds(At(3) + 50, ledger, all), static kind => Assert.Equal(RestoreRefusalKind.TargetBeforeSnapshot, kind));
    }

    [Fact]
    public void A_time_takes_the_newest_snapshot_that_was_consistent_by_then()
    {
        var ledger = Ledger(Line(1, (2, 12)));
        RestorableSnapshot[] all = [Snapshot("a", 1, 3), Snapshot("b", 1, 9)];
        Assert.Equal("a", Reach(Time(Noon.AddMinutes(8)), ledger, all).Snapshot.Id);
        Assert.Equal("b", Reach(Time(Noon.AddMinutes(10)), ledger, all).Snapshot.Id);
        Assert.All(
            Plan(Time(Noon), ledger, all).Refusals, static refusal => Assert.Equal(RestoreRefusalKind.TargetBeforeSnapshot, refusal.Kind));
    }

    [Fact]
    public void A_time_after_the_last_transaction_is_reached_as_far_as_the_server_has_confirmed_its_wal()
    {
        var complete = new WalCompleteness(TimelineId.First, At(11) + (S - 8), Noon.AddMinutes(30));
        var ledger = Ledger(Line(1, (2, 12))) with { Complete = complete };
        var snapshot = Snapshot("a", 1, 3);
        var last = At(11) + (S - 64);
        var silent = Time(Noon.AddMinutes(30)) with { WasLookedFor = true, LastRecord = last, Action = RecoveryAction.Shutdown };

        var plan = Reach(silent, ledger, snapshot);
        Assert.Equal((RestoreTargetKind.Lsn, last), (plan.StopsAt!.Kind, plan.StopsAt.Lsn));
        Assert.Equal(RecoveryAction.Shutdown, plan.StopsAt.Action);
        Assert.Equal((At(12), Noon.AddMinutes(30)), (plan.ReachedLsn, plan.ReachedTime));
        Assert.Contains("no transaction ended after the target", Assert.Single(plan.Remarks), StringComparison.Ordinal);
        Assert.Equal(RestoreTargetKind.Immediate, Reach(silent with { LastRecord = null }, ledger, snapshot).StopsAt!.Kind);

        var later = Refused(silent with { Time = Noon.AddMinutes(31) }, ledger, snapshot);
        Assert.Equal(RestoreRefusalKind.TargetBeyondWal, later.Kind);
        Assert.Contains("12:30:00", later.Message, StringComparison.Ordinal);
        Assert.Equal(RestoreRefusalKind.TargetBeyondWal, Refused(silent, ledger with { Complete = null }, snapshot).Kind);
        Assert.Equal(
            RestoreRefusalKind.TargetBeyondWal,
            Refused(silent, ledger with { Complete = complete with { Lsn = At(12) + 8 } }, snapshot).Kind);
        Assert.Equal(
            RestoreRefusalKind.TargetBeyondWal,
            Refused(silent, ledger with { Complete = complete with { Timeline = new TimelineId(2) } }, snapshot).Kind);
    }

    [Fact]
    public void The_promised_moments_are_those_that_the_planner_accepts()
    {
        var ledger = Ledger(Line(1, (2, 12))) with { Complete = new WalCompleteness(TimelineId.First, At(12), Noon.AddMinutes(30)) };
        RestorableSnapshot[] both = [Snapshot("a", 1, 3), Snapshot("b", 1, 9)];
        var window = RestorableWindow.Of(both, ledger);
        for (var at = window.Snapshots[0].StoppedAt; at <= window.Until!.Value; at = at.AddSeconds(30))
            Assert.NotNull(Plan(Time(at) with { WasLookedFor = true }, ledger, both).Plan);
        Assert.Equal(Noon.AddMinutes(30), window.Until);
        Assert.Null(RestorableWindow.Of(both, ledger with { Complete = null }).Until);

        // Confirmed before the only snapshot was complete: its own end is the one moment that is known.
        var early = ledger with { Complete = new WalCompleteness(TimelineId.First, At(4), Noon) };
        Assert.Equal(both[0].StoppedAt, RestorableWindow.Of(both, early).Until);
    }

    [Fact]
    public void A_name_nobody_looked_up_takes_the_oldest_snapshot_and_a_located_one_the_newest_before_it()
    {
        var ledger = Ledger(Line(1, (2, 12)));
        RestorableSnapshot[] all = [Snapshot("a", 1, 3), Snapshot("b", 1, 5), Snapshot("c", 1, 9)];
        var name = new RestoreTarget { Kind = RestoreTargetKind.Name, Name = "before_release" };
        var blind = Reach(name, ledger, all);
        Assert.Equal("a", blind.Snapshot.Id);
        Assert.Contains("not looked up", Assert.Single(blind.Remarks), StringComparison.Ordinal);
        Assert.Equal("b", Reach(name with { FoundAt = new WalLocation(TimelineId.First, At(8)) }, ledger, all).Snapshot.Id);
        Assert.Equal(
            RestoreRefusalKind.TargetNotOnTimeline,
            Refused(name with { FoundAt = new WalLocation(new TimelineId(5), At(8)) }, ledger, Snapshot("a", 1, 3)).Kind);
    }

    [Fact]
    public void A_clean_snapshot_comes_before_a_newer_damaged_one()
    {
        var damaged = Snapshot("b", 1, 6) with { IsClean = false };
        Assert.Equal("a", Reach(RestoreTarget.Latest, Ledger(Line(1, (2, 10))), Snapshot("a", 1, 3), damaged).Snapshot.Id);
        Assert.Contains(
            "checksum", Assert.Single(Reach(RestoreTarget.Latest, Ledger(Line(1, (2, 10))), damaged).Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshots_of_another_system_or_lineage_are_never_used()
    {
        var ledger = Ledger(Line(1, (2, 10)));
        Assert.Equal(
            RestoreRefusalKind.ForeignSnapshot, Refused(RestoreTarget.Latest, ledger, Snapshot("a", 1, 3) with { Lineage = "other" }).Kind);
        Assert.Equal(RestoreRefusalKind.NoSnapshot, Refused(RestoreTarget.Latest, ledger).Kind);
    }

    /// <summary>
    /// Random worlds: up to four timelines, each forked from an earlier one, with random holes. Whatever is planned, every byte the plan
    /// reads is held, the snapshot is an ancestor, and no other snapshot would have reached further.
    /// </summary>
    [Fact]
    public void Every_plan_can_be_carried_out_and_none_reaches_further() => Worlds.Sample(
        world =>
        {
            var planning = RestorePlanner.Plan(new RestoreRequest(world.Snapshots, world.Ledger, world.Target));
            Assert.Equal(planning.Plan is null, planning.Refusals.Count > 0);
            if (planning.Plan is not { } plan)
                return;
            Assert.True(plan.Path.Contains(plan.Snapshot.StopTimeline, plan.Snapshot.StopLsn));
            Assert.True(plan.ReachedLsn >= plan.Snapshot.StopLsn);
            foreach (var piece in plan.Wal)
            {
                for (var lsn = Lsn.Max(piece.Range.Start, plan.Snapshot.StartLsn); lsn < piece.Range.End; lsn += S / 4)
                    Assert.True(Readable(world.Ledger, plan.Path, lsn), $"{lsn} of {piece.Timeline} is not held");
            }

            if (world.Target.Kind != RestoreTargetKind.Latest)
                return;
            foreach (var other in world.Snapshots)
            {
                var alone = RestorePlanner.Plan(new RestoreRequest(world.Snapshots, world.Ledger, world.Target) { SnapshotId = other.Id });
                Assert.True(alone.Plan is null || alone.Plan.ReachedLsn <= plan.ReachedLsn);
            }
        },
        iter: 3000);

    [Fact]
    public void The_window_holds_the_snapshots_from_which_the_newest_wal_is_reached()
    {
        RestorableSnapshot[] both = [Snapshot("a", 1, 3), Snapshot("b", 1, 9)];
        var whole = RestorableWindow.Of(both, Ledger(Line(1, (2, 12))));
        Assert.Equal(["a", "b"], whole.Snapshots.Select(snapshot => snapshot.Id));
        Assert.Null(whole.Obstacle);

        var torn = Ledger(Line(1, (2, 6), (8, 12)));
        Assert.Equal(["b"], RestorableWindow.Of(both, torn).Snapshots.Select(snapshot => snapshot.Id));
        var cut = RestorableWindow.Of([both[0]], torn);
        Assert.Empty(cut.Snapshots);
        Assert.Contains($"gap from {At(6)} to {At(8)}", cut.Obstacle, StringComparison.Ordinal);
        Assert.Empty(RestorableWindow.Of([both[1] with { IsClean = false }], torn).Snapshots);
    }

    [Fact]
    public void A_snapshot_older_than_a_tablespace_promises_no_moment_after_it_but_is_told()
    {
        RestorableSnapshot[] both = [Snapshot("a", 1, 3), Snapshot("b", 1, 9) with { Tablespaces = [16385] }];
        var window = RestorableWindow.Of(both, Ledger(Line(1, (2, 12))));
        Assert.Equal(["b"], window.Snapshots.Select(snapshot => snapshot.Id));
        Assert.Equal(both[0].StoppedAt, window.PartlyFrom);
        Assert.Null(RestorableWindow.Of(both[1..], Ledger(Line(1, (2, 12)))).PartlyFrom);
    }

    private static readonly Gen<(WalLedger Ledger, RestorableSnapshot[] Snapshots, RestoreTarget Target)> Worlds =
        from forks in Gen.Select(Gen.Int[0, 10], Gen.ULong[1, 24]).Array[0, 3]
        from holes in Gen.Select(Gen.Int[0, 3], Gen.ULong[1, 30]).Array[0, 6]
        from places in Gen.Select(Gen.Int[0, 3], Gen.ULong[1, 28]).Array[0, 5]
        from kind in Gen.Int[0, 2]
        from target in Gen.ULong[1, 32]
        select World(forks, holes, places, kind, target);

    private static (WalLedger Ledger, RestorableSnapshot[] Snapshots, RestoreTarget Target) World(
        (int Parent, ulong Segment)[] forks, (int Line, ulong Segment)[] holes, (int Line, ulong Segment)[] places, int kind, ulong target)
    {
        var histories = new List<TimelineHistory> { TimelineHistory.WithoutAncestors(TimelineId.First) };
        foreach (var (parent, segment) in forks)
        {
            var from = histories[parent % histories.Count];
            var point = Lsn.Max(At(segment) + (S / 2), from.Ancestors.Count == 0 ? Lsn.None : from.Ancestors[^1].SwitchPoint);
            histories.Add(
                new TimelineHistory(
                    new TimelineId((uint)histories.Count + 1), [.. from.Ancestors, new TimelineAncestor(from.Timeline, point, "")]));
        }

        var lines = histories.Select((history, index) =>
        {
            var first = history.Ancestors.Count == 0 ? 1UL : Size.SegmentNumber(history.Ancestors[^1].SwitchPoint);
            var held = Enumerable.Range(0, 30).Select(number => (ulong)number + 1)
                .Where(number => number >= first && !holes.Contains((index, number)))
                .Select(static number => new LsnRange(At(number), At(number + 1)));
            return new TimelineLedger(history.Timeline, history, LsnRanges.Normalize(held), []);
        }).ToArray();
        var snapshots = places.Select(
            (place, index) => Snapshot($"s{index}", (uint)(place.Line % histories.Count) + 1, place.Segment)).ToArray();
        var wanted = kind switch
        {
            0 => RestoreTarget.Latest,
            1 => new RestoreTarget { Kind = RestoreTargetKind.Lsn, Lsn = At(target) + 5 },
            _ => new RestoreTarget { Kind = RestoreTargetKind.Immediate },
        };
        return (new WalLedger(System1, Size, "line", lines), snapshots, wanted);
    }

    /// <summary>Asks for one byte as recovery does: from the newest timeline on the way whose first segment is not after it.</summary>
    private static bool Readable(WalLedger ledger, TimelineHistory path, Lsn lsn)
    {
        var begin = Lsn.None;
        var readable = false;
        foreach (var timeline in path.Ancestors.Select(static ancestor => ancestor.Timeline).Append(path.Timeline))
        {
            var owned = path.OwnedRange(timeline)!.Value;
            if (Size.SegmentNumber(begin) <= Size.SegmentNumber(lsn) && lsn < owned.End)
                readable |= ledger.Find(timeline)!.Ranges.Any(range => range.Contains(lsn));
            begin = owned.End;
        }

        return readable;
    }

    private static RestorePlanning Plan(RestoreTarget target, WalLedger ledger, params RestorableSnapshot[] snapshots) =>
        RestorePlanner.Plan(new RestoreRequest(snapshots, ledger, target));

    private static RestorePlan Reach(RestoreTarget target, WalLedger ledger, params RestorableSnapshot[] snapshots)
    {
        var planning = Plan(target, ledger, snapshots);
        Assert.Empty(planning.Refusals);
        return planning.Plan!;
    }

    private static RestorePlan Reach(Lsn lsn, WalLedger ledger, params RestorableSnapshot[] snapshots) =>
        Reach(AtLsn(lsn), ledger, snapshots);

    private static IEnumerable<RestoreRefusalKind> Kinds(Lsn lsn, WalLedger ledger, params RestorableSnapshot[] snapshots)
    {
        var planning = Plan(AtLsn(lsn), ledger, snapshots);
        Assert.Null(planning.Plan);
        return planning.Refusals.Select(static refusal => refusal.Kind);
    }

    private static RestoreRefusal Refused(RestoreTarget target, WalLedger ledger, params RestorableSnapshot[] snapshots) =>
        Assert.Single(Plan(target, ledger, snapshots).Refusals);

    private static RestoreTarget AtLsn(Lsn lsn) => new() { Kind = RestoreTargetKind.Lsn, Lsn = lsn };

    private static RestoreTarget Time(DateTimeOffset time) => new() { Kind = RestoreTargetKind.Time, Time = time };

    private static Lsn At(ulong segment) => new(segment * S);

    /// <summary>Starts 40 bytes into the segment, is consistent 200 bytes into it; stopped at noon plus as many minutes.</summary>
    private static RestorableSnapshot Snapshot(string id, uint timeline, ulong segment) => new(id, System1, new TimelineId(timeline))
    {
        Lineage = "line",
        StartTimeline = new TimelineId(timeline),
        StartLsn = At(segment) + 40,
        StopLsn = At(segment) + 200,
        StoppedAt = Noon.AddMinutes(segment),
        Bytes = 1000,
    };

    private static WalLedger Ledger(params TimelineLedger[] lines) => new(System1, Size, "line", lines);

    private static TimelineLedger Line(uint timeline, params (ulong From, ulong To)[] ranges)
    {
        var held = ranges.Select(static range => new LsnRange(At(range.From), At(range.To))).ToArray();
        var id = new TimelineId(timeline);
        return new TimelineLedger(id, id == TimelineId.First ? TimelineHistory.WithoutAncestors(id) : null, held, []);
    }

    private static TimelineHistory Forked(uint timeline, params (uint Parent, Lsn At)[] ancestors) =>
        new(
            new TimelineId(timeline),
            [.. ancestors.Select(static ancestor => new TimelineAncestor(new TimelineId(ancestor.Parent), ancestor.At, ""))]);
}
