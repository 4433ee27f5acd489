using Howdah.Cluster.Observation;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Supervision;

/// <summary>Two looks at the primary, a little apart, become a report on its slots. Pure.</summary>
internal static class SlotReporter
{
    /// <summary>A follower confirms in steps: what it keeps grows for a moment, though it falls behind by nothing. A segment is far more
    /// than such a step.</summary>
    private const long StepBytes = 16L << 20;

    /// <summary>Beyond a step, growth by a tenth of what is written is still the noise of two looks.</summary>
    private const double Noise = 0.1;

    private static readonly TimeSpan FarAway = TimeSpan.FromSeconds(1e9);

    /// <summary>Less apart, two looks are one that was told twice, or say nothing of a rate.</summary>
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(0.5);

    /// <summary>The primary was looked at again since the first look. Another host tells what its agent saw last.</summary>
    public static bool IsSeenTwice(ObservedCluster before, ObservedCluster now) => Between(before, now) is not null;

    /// <summary>Null where they are one, or the primary was not seen.</summary>
    private static TimeSpan? Between(ObservedCluster before, ObservedCluster now) =>
        now.PrimarySeenAt - before.PrimarySeenAt is { } between && between >= ShortestInterval ? between : null;

    public static IReadOnlyList<SlotReport> Report(ObservedCluster before, ObservedCluster now)
    {
        if (now.AnsweringPrimary is not { Answers: { } answers } primary)
            return [];
        var wanted = primary.Wanted?.Slots ?? [];
        var pace = Pace.Of(before, now);
        var reports = new List<SlotReport>();
        foreach (var slot in answers.Slots.Where(slot => slot.IsPhysical && !slot.IsTemporary))
        {
            var ours = wanted.FirstOrDefault(candidate => string.Equals(candidate.Name, slot.Name, StringComparison.Ordinal));
            reports.Add(Foresee(Describe(slot, ours, now), slot, pace));
        }

        reports.AddRange(wanted
            .Where(slot => !answers.Slots.Any(seen => string.Equals(seen.Name, slot.Name, StringComparison.Ordinal)))
            .Select(slot => new SlotReport(slot.Name, SlotStanding.Missing) { Owner = slot.Owner, Reason = slot.Reason }));
        return reports;
    }

    private static SlotReport Describe(ObservedSlot slot, RenderedSlot? ours, ObservedCluster now)
    {
        var position = now.AnsweringPrimary?.Answers?.Position;
        var budget = now.SlotWalBudget?.Bytes;
        long? retained = position is { } end && slot.RestartLsn is { } start ? (long)end.BytesSince(start) : null;
        var safe = slot.SafeWalBytes ?? (budget is { } limit && retained is { } held && slot.WalStatus is not null ? limit - held : null);
        return new SlotReport(slot.Name, ours is null ? SlotStanding.Foreign : SlotStanding.Wanted)
        {
            Owner = ours?.Owner,
            Reason = ours?.Reason,
            IsActive = slot.IsActive,
            RestartLsn = slot.RestartLsn,
            RetainedBytes = retained,
            WalStatus = slot.WalStatus,
            SafeWalBytes = safe,
        };
    }

    private static SlotReport Foresee(SlotReport report, ObservedSlot slot, Pace? pace)
    {
        if (slot.IsLost)
            return report with { Outlook = SlotOutlook.Lost };
        if (report.SafeWalBytes is not { } left)
            return report with { Outlook = SlotOutlook.NoLimit };
        if (pace is null)
            return report;
        var growth = pace.GrowthOf(slot);
        var keepsUp = report.IsActive && (report.RetainedBytes <= StepBytes || growth <= pace.Written * Noise);
        var rate = keepsUp ? pace.Written : growth;
        return report with
        {
            Outlook = keepsUp ? SlotOutlook.KeepsUp : rate > 0 ? SlotOutlook.FallsBehind : SlotOutlook.Quiet,
            TimeToTrouble = rate > 0 ? TimeSpan.FromSeconds(Math.Clamp(left / rate, 0, FarAway.TotalSeconds)) : null,
        };
    }

    /// <param name="Written">Bytes of WAL that the primary writes in a second.</param>
    /// <param name="Seconds">Between the two looks.</param>
    /// <param name="Before">The slots at the first look.</param>
    private sealed record Pace(double Written, double Seconds, IReadOnlyList<ObservedSlot> Before)
    {
        /// <summary>Null where the primary was not seen twice.</summary>
        public static Pace? Of(ObservedCluster before, ObservedCluster now)
        {
            return Between(before, now)?.TotalSeconds is { } seconds
                && before.AnsweringPrimary?.Answers is { Position: { } first } answers
                && now.AnsweringPrimary?.Answers?.Position is { } second
                ? new Pace(second.BytesSince(first) / seconds, seconds, answers.Slots)
                : null;
        }

        /// <summary>Bytes a second by which the slot keeps more than before. One that was not there before has not moved.</summary>
        public double GrowthOf(ObservedSlot slot)
        {
            var earlier = Before.FirstOrDefault(seen => string.Equals(seen.Name, slot.Name, StringComparison.Ordinal));
            return slot.RestartLsn is { } to && earlier?.RestartLsn is { } from && to > from
                ? Written - (to.BytesSince(from) / Seconds)
                : Written;
        }
    }
}
