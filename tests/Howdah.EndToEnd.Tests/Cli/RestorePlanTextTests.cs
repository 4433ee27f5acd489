using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Core.Restore;
using Howdah.Core.Wal;

namespace Howdah.EndToEnd.Tests.Cli;

/// <summary>What <c>howdah restore --plan</c> prints, word for word, also as JSON.</summary>
public sealed class RestorePlanTextTests
{
    private const ulong Segment = 1 << 20;

    /// <summary>The plan speaks in the time of the machine.</summary>
    private static readonly DateTimeOffset Night = new(new DateTime(2026, 11, 16, 2, 0, 0, DateTimeKind.Local));
    private static readonly TimelineId Second = new(2);

    [Fact]
    public void The_way_over_two_timelines_to_a_hole() => AssertText(
        """
        snapshot  20261116T020000, 1.5GiB, of 2026-11-16 02:00:00
        target    the newest moment
        reaches   0/900000
        timeline  2
        WAL       6MiB in 6 files
                  timeline 1: 0/300000..0/800064
                  timeline 2: 0/800064..0/900000
        ends at   0/900000: what follows is missing, though later WAL exists
        note      the WAL has a gap from 0/900000 to 0/A00000: 2097152 bytes of later WAL cannot be reached from snapshot 20261116T020000

        """,
        RestoreTarget.Latest,
        Held(TimelineId.First, null, (2, 8)),
        Held(Second, new TimelineHistory(Second, [new TimelineAncestor(TimelineId.First, At(8) + 100, "")]), (8, 9), (10, 12)));

    [Fact]
    public void A_moment_that_was_found_in_the_WAL() => AssertText(
        """
        snapshot  20261116T020000, 1.5GiB, of 2026-11-16 02:00:00
        target    time 2026-11-23 08:15:00.250000+00:00
        reaches   LOCAL, 0/400020
        timeline  1
        WAL       1MiB in 2 files
                  timeline 1: 0/300000..0/400020

        """.Replace("LOCAL", $"{Moment.LocalDateTime:yyyy-MM-dd HH:mm:ss}", StringComparison.Ordinal),
        new RestoreTarget { Kind = RestoreTargetKind.Time, Time = Moment, FoundAt = new WalLocation(TimelineId.First, At(4) + 0x20) },
        Held(TimelineId.First, null, (2, 6)));

    [Fact]
    public void A_restore_point_that_nobody_looked_for() => AssertText(
        """
        snapshot  20261116T020000, 1.5GiB, of 2026-11-16 02:00:00
        target    restore point 'release'
        reaches   0/600000
        timeline  1
        WAL       3MiB in 3 files
                  timeline 1: 0/300000..0/600000
        note      where restore point 'release' is was not looked up: recovery fails if the WAL from 0/3000C8 to 0/600000 does not hold it

        """,
        new RestoreTarget { Kind = RestoreTargetKind.Name, Name = "release" },
        Held(TimelineId.First, null, (2, 6)));

    [Fact]
    public void The_newest_moment_with_when_it_is_and_what_its_last_transaction_was()
    {
        var complete = new WalCompleteness(TimelineId.First, At(5), Moment);
        var plan = Plan(RestoreTarget.Latest, complete, Held(TimelineId.First, null, (2, 6))) with
        {
            LastTransaction = Moment.AddMinutes(-5),
        };
        Assert.Equal(
            """
            snapshot  20261116T020000, 1.5GiB, of 2026-11-16 02:00:00
            target    the newest moment
            reaches   LOCAL, 0/600000
                      all that was committed until then is held
                      its last transaction ended at LAST
            timeline  1
            WAL       3MiB in 3 files
                      timeline 1: 0/300000..0/600000

            """
                .Replace("LOCAL", $"{Moment.LocalDateTime:yyyy-MM-dd HH:mm:ss}", StringComparison.Ordinal)
                .Replace("LAST", $"{Moment.AddMinutes(-5).LocalDateTime:yyyy-MM-dd HH:mm:ss}", StringComparison.Ordinal),
            Text(plan));
    }

    [Fact]
    public void The_JSON_of_a_plan_has_what_it_reads_and_what_is_missing_or_damaged()
    {
        var plan = Plan(
            RestoreTarget.Latest,
            null,
            Held(TimelineId.First, null, (2, 8)),
            Held(
                Second,
                new TimelineHistory(Second, [new TimelineAncestor(TimelineId.First, At(8) + 100, "")]),
                (8, 9),
                (10, 12),
                (13, 14)));
        using var output = new StringWriter { NewLine = "\n" };
        JsonOutput.Write(
            output,
            RestorePlanJson.Of(plan with { LastTransaction = Moment, Damage = "the WAL is damaged in a file" }),
            CliJson.Default.RestorePlanJson);
        GoldenFile.AssertEqual("tests/Howdah.EndToEnd.Tests/Cli/restore-plan.golden", output.ToString());
    }

    private static DateTimeOffset Moment => new(2026, 11, 23, 8, 15, 0, 250, TimeSpan.Zero);

    private static void AssertText(string expected, RestoreTarget target, params TimelineLedger[] lines) =>
        Assert.Equal(expected, Text(Plan(target, null, lines)));

    private static string Text(RestorePlan plan)
    {
        using var output = new StringWriter { NewLine = "\n" };
        RestorePlanText.Write(output, plan);
        return output.ToString();
    }

    private static RestorePlan Plan(RestoreTarget target, WalCompleteness? complete, params TimelineLedger[] lines)
    {
        var ledger = new WalLedger(new SystemIdentifier(42), new WalSegmentSize((int)Segment), "line", lines) { Complete = complete };
        var snapshot = new RestorableSnapshot("20261116T020000", ledger.System, TimelineId.First)
        {
            Lineage = "line",
            StartTimeline = TimelineId.First,
            StartLsn = At(3) + 40,
            StopLsn = At(3) + 200,
            StoppedAt = Night,
            Bytes = 3L << 29,
        };
        return RestorePlanner.Plan(new RestoreRequest([snapshot], ledger, target)).Plan!;
    }

    private static TimelineLedger Held(TimelineId timeline, TimelineHistory? history, params (ulong From, ulong To)[] segments) =>
        new(
            timeline,
            history ?? TimelineHistory.WithoutAncestors(timeline),
            [.. segments.Select(static held => new LsnRange(At(held.From), At(held.To)))],
            []);

    private static Lsn At(ulong segment) => new(segment * Segment);
}
