using Howdah.Core.Restore;

namespace Howdah.Cli.Rendering;

/// <summary>What a restore takes and reaches, before it is done.</summary>
internal static class RestorePlanText
{
    public static void Write(TextWriter output, RestorePlan plan)
    {
        var reached = plan.ReachedTime is { } time ? $"{Amounts.ExactMoment(time)}, {plan.ReachedLsn}" : $"{plan.ReachedLsn}";
        List<IReadOnlyList<string>> rows =
        [
            ["snapshot", $"{plan.Snapshot.Id}, {Amounts.Bytes(plan.Snapshot.Bytes)}, of {Amounts.ExactMoment(plan.Snapshot.StoppedAt)}"],
            ["target", plan.Target.ToString()],
            ["reaches", reached],
            .. Moments(plan),
            ["timeline", plan.Path.Timeline.ToString()],
            ["WAL", $"{Amounts.Bytes((long)plan.WalBytes)} in {plan.Segments} files"],
        ];
        rows.AddRange(plan.Wal.Select(piece => (IReadOnlyList<string>)["", $"timeline {piece.Timeline}: {piece.Range}"]));
        if (plan.EndsAtGap is { } gap)
            rows.Add(["ends at", $"{gap}: what follows is {(plan.Damage is null ? "missing" : "damaged")}, though later WAL exists"]);
        rows.AddRange(plan.Remarks.Select(remark => (IReadOnlyList<string>)["note", remark]));
        TextColumns.Write(output, rows);
    }

    private static IEnumerable<IReadOnlyList<string>> Moments(RestorePlan plan)
    {
        if (plan is { Target.Kind: RestoreTargetKind.Latest, ReachedTime: not null })
            yield return ["", "all that was committed until then is held"];
        if (plan.LastTransaction is { } last)
            yield return ["", $"its last transaction ended at {Amounts.ExactMoment(last)}"];
    }
}
