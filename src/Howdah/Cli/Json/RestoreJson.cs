using Howdah.Core.Restore;
using Howdah.Operations.Restore;

namespace Howdah.Cli.Json;

internal sealed record RestorePlanJson
{
    public required string Snapshot { get; init; }

    public required long SnapshotBytes { get; init; }

    public required string Target { get; init; }

    public required uint Timeline { get; init; }

    public required string ReachedLsn { get; init; }

    public DateTimeOffset? ReachedTime { get; init; }

    public required long WalBytes { get; init; }

    public required long WalFiles { get; init; }

    public string? EndsAtGap { get; init; }

    public required IReadOnlyList<string> Remarks { get; init; }

    public static RestorePlanJson Of(RestorePlan plan) =>
        new()
        {
            Snapshot = plan.Snapshot.Id,
            SnapshotBytes = plan.Snapshot.Bytes,
            Target = plan.Target.ToString(),
            Timeline = plan.Path.Timeline.Value,
            ReachedLsn = plan.ReachedLsn.ToString(),
            ReachedTime = plan.ReachedTime,
            WalBytes = (long)plan.WalBytes,
            WalFiles = plan.Segments,
            EndsAtGap = plan.EndsAtGap?.ToString(),
            Remarks = plan.Remarks,
        };
}

internal sealed record RestoreResultJson(
    string Directory,
    long Files,
    long Bytes,
    double Seconds,
    IReadOnlyList<string> Remarks,
    RestorePlanJson Plan
)
{
    public static RestoreResultJson Of(RestoreResult result) =>
        new(result.Directory, result.Files, result.Bytes, result.Duration.TotalSeconds, result.Remarks, RestorePlanJson.Of(result.Plan));
}
