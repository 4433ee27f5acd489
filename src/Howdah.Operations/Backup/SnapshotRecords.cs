using Howdah.Postgres.DataDirectory;
using Howdah.Repository.Snapshots;

namespace Howdah.Operations.Backup;

/// <summary>Makes the repository's record of a backup.</summary>
internal static class SnapshotRecords
{
    public static SnapshotRecord Create(BackupRequest request, SnapshotDraft draft, BaseBackupResult result, TablespaceNames names) => new()
    {
        Id = draft.Id,
        System = result.System,
        Lineage = request.Lineage,
        Cluster = request.Cluster,
        Source = request.Source,
        ServerVersion = result.ServerVersion.Number,
        SegmentSize = result.SegmentSize,
        StartLsn = result.Range.Start,
        StartTimeline = result.StartTimeline,
        StopLsn = result.Range.End,
        StopTimeline = result.StopTimeline,
        StartedAt = result.StartedAt,
        StoppedAt = result.StoppedAt,
        Bytes = result.Bytes,
        Files = result.Files,
        Tablespaces =
        [
            .. result.Tablespaces.Select(space => new SnapshotTablespace(space.Oid, space.Location, space.Bytes, names.Find(space.Oid))),
        ],
        PageChecksums = result.HasPageChecksums,
        ChecksumFailureCount = result.ChecksumFailureCount,
        ChecksumFailures =
        [
            .. result.ChecksumFailures
                .Take(SnapshotRecord.MostListedFailures)
                .Select(static failure => new SnapshotChecksumFailure(failure.Path, failure.Block, failure.Stored, failure.Computed)),
        ],
        Manifest = BackupManifest.FileName,
        Label = request.Label,
        Warnings = [.. result.Warnings, .. names.Warnings],
    };
}
