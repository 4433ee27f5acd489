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

    /// <summary>For the newest moment: all that was committed until then is held.</summary>
    public DateTimeOffset? ReachedTime { get; init; }

    /// <summary>When the last transaction that recovery replays ended.</summary>
    public DateTimeOffset? LastTransactionTime { get; init; }

    public required long WalBytes { get; init; }

    public required long WalFiles { get; init; }

    /// <summary>What recovery reads, in order.</summary>
    public required IReadOnlyList<WalPieceJson> Wal { get; init; }

    public string? EndsAtGap { get; init; }

    /// <summary>What the repository lacks beyond that, though it holds later WAL.</summary>
    public required IReadOnlyList<WalPieceJson> MissingWal { get; init; }

    /// <summary>What is damaged there, in words.</summary>
    public string? DamagedWal { get; init; }

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
            LastTransactionTime = plan.LastTransaction,
            WalBytes = (long)plan.WalBytes,
            WalFiles = plan.Segments,
            Wal = [.. plan.Wal.Select(WalPieceJson.Of)],
            EndsAtGap = plan.EndsAtGap?.ToString(),
            MissingWal = [.. plan.Missing.Select(WalPieceJson.Of)],
            DamagedWal = plan.Damage,
            Remarks = plan.Remarks,
        };
}

/// <param name="Timeline">The timeline that it is of.</param>
/// <param name="Start">Its first byte.</param>
/// <param name="End">The one after its last.</param>
internal sealed record WalPieceJson(uint Timeline, string Start, string End)
{
    public static WalPieceJson Of(WalPiece piece) => new(piece.Timeline.Value, piece.Range.Start.ToString(), piece.Range.End.ToString());
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
