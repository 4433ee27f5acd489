using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Versions;

namespace Howdah.Operations.Backup;

/// <summary>A tablespace of a backup.</summary>
/// <param name="Oid">Its number; <c>pg_tblspc/&lt;oid&gt;</c> is its place.</param>
/// <param name="Location">Its directory on the server.</param>
/// <param name="Bytes">Bytes of its files.</param>
public sealed record BackupTablespace(uint Oid, string Location, long Bytes);

/// <summary>A base backup that the server has ended and that matches its manifest.</summary>
public sealed record BaseBackupResult
{
    public required SystemIdentifier System { get; init; }

    public required PostgresVersion ServerVersion { get; init; }

    public required WalSegmentSize SegmentSize { get; init; }

    /// <summary>WAL that the backup needs to become consistent: from its start position to its end.</summary>
    public required LsnRange Range { get; init; }

    public required TimelineId StartTimeline { get; init; }

    public required TimelineId StopTimeline { get; init; }

    /// <summary>The same by timeline, newest first, as the manifest says it.</summary>
    public required IReadOnlyList<ManifestWalRange> WalRanges { get; init; }

    /// <summary>By the server's clock, where that is ahead of ours.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Likewise.</summary>
    public required DateTimeOffset StoppedAt { get; init; }

    /// <summary>Without the data directory itself.</summary>
    public required IReadOnlyList<BackupTablespace> Tablespaces { get; init; }

    public required long Files { get; init; }

    /// <summary>Bytes of all files.</summary>
    public required long Bytes { get; init; }

    /// <summary>False where the cluster keeps none: then nothing is known about its pages.</summary>
    public required bool HasPageChecksums { get; init; }

    public required long PagesChecked { get; init; }

    /// <summary>The first 10 000.</summary>
    public required IReadOnlyList<PageChecksumFailure> ChecksumFailures { get; init; }

    /// <summary>All; may exceed the list where the server alone saw damage.</summary>
    public required long ChecksumFailureCount { get; init; }

    /// <summary>What the server remarked.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
