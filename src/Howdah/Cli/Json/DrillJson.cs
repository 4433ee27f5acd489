using Howdah.Repository.Drills;

namespace Howdah.Cli.Json;

/// <summary>What <c>drill --json</c> prints.</summary>
internal sealed record DrillJson
{
    public required string Id { get; init; }

    public required bool Succeeded { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public string? Failure { get; init; }

    /// <summary>What the server said of the query; the copy itself was restored and started.</summary>
    public string? QueryFailure { get; init; }

    public string? Snapshot { get; init; }

    public uint? Timeline { get; init; }

    public string? ReachedLsn { get; init; }

    public DateTimeOffset? ReachedTime { get; init; }

    public required long Bytes { get; init; }

    public required long PagesChecked { get; init; }

    public required long DamagedPages { get; init; }

    public string? Query { get; init; }

    /// <summary>The first row of the answer, itself JSON.</summary>
    public string? Answer { get; init; }

    public required double SecondsToAnswer { get; init; }

    public static DrillJson Of(DrillRecord record) =>
        new()
        {
            Id = record.Id,
            Succeeded = record.Succeeded(),
            StartedAt = record.StartedAt,
            Failure = record.Failure,
            QueryFailure = record.QueryFailure,
            Snapshot = record.Snapshot,
            Timeline = record.Timeline?.Value,
            ReachedLsn = record.ReachedLsn?.ToString(),
            ReachedTime = record.ReachedTime,
            Bytes = record.Bytes,
            PagesChecked = record.PagesChecked,
            DamagedPages = record.ChecksumFailureCount,
            Query = record.Query,
            Answer = record.Answer,
            SecondsToAnswer = record.SecondsToAnswer,
        };
}
