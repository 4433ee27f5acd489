using Howdah.Repository.Snapshots;

namespace Howdah.Cli.Json;

internal sealed record SnapshotListJson(IReadOnlyList<SnapshotJson> Snapshots);

/// <summary>One snapshot, as <c>backup --json</c> and <c>backups --json</c> print it.</summary>
internal sealed record SnapshotJson
{
    public required string Id { get; init; }

    public required string System { get; init; }

    public string? Cluster { get; init; }

    public string? Source { get; init; }

    public string? Label { get; init; }

    public required int ServerVersion { get; init; }

    public required string StartLsn { get; init; }

    public required string StopLsn { get; init; }

    public required uint Timeline { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset StoppedAt { get; init; }

    public required long Bytes { get; init; }

    public required long Files { get; init; }

    /// <summary>Null where the server keeps no page checksums.</summary>
    public long? DamagedPages { get; init; }

    public static SnapshotJson Of(SnapshotRecord record) =>
        new()
        {
            Id = record.Id,
            System = record.System.ToString(),
            Cluster = record.Cluster,
            Source = record.Source,
            Label = record.Label,
            ServerVersion = record.ServerVersion,
            StartLsn = record.StartLsn.ToString(),
            StopLsn = record.StopLsn.ToString(),
            Timeline = record.StopTimeline.Value,
            StartedAt = record.StartedAt,
            StoppedAt = record.StoppedAt,
            Bytes = record.Bytes,
            Files = record.Files,
            DamagedPages = record.PageChecksums ? record.ChecksumFailureCount : null,
        };
}
