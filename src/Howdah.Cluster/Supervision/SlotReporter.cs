using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Supervision;

/// <summary>Two looks at the primary, a little apart, become a report on its slots. Pure.</summary>
internal static class SlotReporter
{
    public static IReadOnlyList<SlotReport> Report(ClusterModel model, ObservedCluster before, ObservedCluster now)
    {
        if (now.AnsweringPrimary is not { Answers: { } answers } primary)
            return [];
        var wanted = primary.Wanted?.Slots ?? [];
        var rate = BytesPerSecond(before, now);
        var reports = new List<SlotReport>();
        foreach (var slot in answers.Slots.Where(slot => slot.IsPhysical && !slot.IsTemporary))
        {
            var ours = wanted.FirstOrDefault(candidate => string.Equals(candidate.Name, slot.Name, StringComparison.Ordinal));
            reports.Add(Describe(slot, ours, now, rate));
        }

        reports.AddRange(wanted
            .Where(slot => !answers.Slots.Any(seen => string.Equals(seen.Name, slot.Name, StringComparison.Ordinal)))
            .Select(slot => new SlotReport(slot.Name, SlotStanding.Missing) { Owner = slot.Owner, Reason = slot.Reason }));
        return reports;
    }

    private static SlotReport Describe(ObservedSlot slot, RenderedSlot? ours, ObservedCluster now, double? rate)
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
            TimeToTrouble = !slot.IsActive && safe is { } left && rate is > 0
                ? TimeSpan.FromSeconds(Math.Clamp(left / rate.Value, 0, 1e9))
                : null,
        };
    }

    private static double? BytesPerSecond(ObservedCluster before, ObservedCluster now)
    {
        var seconds = (now.At - before.At).TotalSeconds;
        return seconds > 0
            && before.AnsweringPrimary?.Answers?.Position is { } first
            && now.AnsweringPrimary?.Answers?.Position is { } second
            ? second.BytesSince(first) / seconds
            : null;
    }
}
