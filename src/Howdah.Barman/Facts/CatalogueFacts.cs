using Howdah.Core.Wal;
using Howdah.Postgres.Versions;

namespace Howdah.Barman.Facts;

/// <summary>What the repository holds of one server.</summary>
internal sealed record CatalogueFacts
{
    /// <summary>All backups, oldest first.</summary>
    public IReadOnlyList<BackupFacts> Backups { get; init; } = [];

    /// <summary>True once at least one whole segment is held.</summary>
    public bool HasCompleteSegment { get; init; }

    /// <summary>Systems whose WAL or backups are held; more than one is a foreign guest.</summary>
    public IReadOnlyList<SystemIdentifier> Systems { get; init; } = [];

    /// <summary>Where the repository is.</summary>
    public string Directory { get; init; } = "";

    /// <summary>Places where WAL is missing for good, each as one phrase.</summary>
    public IReadOnlyList<string> Gaps { get; init; } = [];

    /// <summary>A directory that is missing or not writable, with the reason; null where all are fine.</summary>
    public string? DirectoryProblem { get; init; }

    /// <summary>Bytes of WAL after the newest complete backup.</summary>
    public long WalBytesSinceLastBackup { get; init; }

    /// <summary>When the newest segment after the newest complete backup was finished; null where there is none.</summary>
    public DateTimeOffset? LastWalTime { get; init; }

    /// <summary>Complete backups that need no other, oldest first.</summary>
    public IEnumerable<BackupFacts> Complete => Backups.Where(backup => backup.Status == BackupStatus.Done);

    /// <summary>Backups whose copy is finished, also those that still wait for WAL, oldest first.</summary>
    public IEnumerable<BackupFacts> Available => Backups.Where(backup => backup.Status is BackupStatus.Done or BackupStatus.WaitingForWals);
}

/// <summary>Barman's states of a backup.</summary>
internal enum BackupStatus
{
    Empty,
    Started,
    Failed,
    WaitingForWals,
    Done,
    Syncing,
}

/// <summary>Names of <see cref="BackupStatus"/> in Barman's catalogue and output.</summary>
internal static class BackupStatusNames
{
    public static string Name(this BackupStatus status) => status switch
    {
        BackupStatus.Empty => "EMPTY",
        BackupStatus.Started => "STARTED",
        BackupStatus.Failed => "FAILED",
        BackupStatus.WaitingForWals => "WAITING_FOR_WALS",
        BackupStatus.Done => "DONE",
        _ => "SYNCING",
    };
}

/// <summary>One tablespace outside the data directory.</summary>
internal readonly record struct TablespaceFacts(string Name, string Location, uint Oid);

/// <summary>One backup of the catalogue.</summary>
/// <param name="Id">For example <c>20261123T091455</c>.</param>
/// <param name="Status">How far it came.</param>
internal sealed record BackupFacts(string Id, BackupStatus Status)
{
    /// <summary>The name given by <c>backup --name</c>; null for none.</summary>
    public string? Name { get; init; }

    public SystemIdentifier? System { get; init; }

    public PostgresVersion Version { get; init; }

    public string? DataDirectory { get; init; }

    /// <summary>Bytes in the cluster when the backup was taken.</summary>
    public long? ClusterSize { get; init; }

    /// <summary>Whether pages carry checksums; null where unknown.</summary>
    public bool? HasChecksums { get; init; }

    /// <summary>Whether the server summarised WAL (17 and later); null where it cannot.</summary>
    public bool? SummarizesWal { get; init; }

    public IReadOnlyList<TablespaceFacts> Tablespaces { get; init; } = [];

    /// <summary>What went wrong; null unless <see cref="BackupStatus.Failed"/>.</summary>
    public string? Error { get; init; }

    /// <summary>Null unless the copy is finished.</summary>
    public BackupCopyFacts? Copy { get; init; }

    /// <summary>VALID, OBSOLETE, OBSOLETE*, KEEP:FULL, KEEP:STANDALONE; <c>-</c> where no policy is enforced.</summary>
    public string RetentionStatus { get; init; } = "-";
}

/// <summary>The figures of a finished copy.</summary>
/// <param name="Begin">Where its WAL begins.</param>
/// <param name="End">Where it is consistent.</param>
/// <param name="Timeline">The timeline that it was taken on.</param>
/// <param name="SegmentSize">The server's segment size.</param>
internal sealed record BackupCopyFacts(Lsn Begin, Lsn End, TimelineId Timeline, WalSegmentSize SegmentSize)
{
    public DateTimeOffset BeginTime { get; init; }

    public DateTimeOffset EndTime { get; init; }

    /// <summary>How long bytes were copied.</summary>
    public TimeSpan CopyTime { get; init; }

    /// <summary>Bytes of the backup itself.</summary>
    public long Size { get; init; }

    /// <summary>WAL after this backup and before the next one.</summary>
    public WalAfterBackup WalAfter { get; init; } = new();

    public WalSegment BeginSegment => WalSegment.Containing(Timeline, Begin, SegmentSize);

    /// <summary>The segment of the last byte needed; the byte before <see cref="End"/> decides.</summary>
    public WalSegment EndSegment => WalSegment.Containing(Timeline, End.IsNone ? End : new Lsn(End.Value - 1), SegmentSize);

    /// <summary>Segments from the first to the last one needed.</summary>
    public long SegmentCount => (long)(EndSegment.Number - BeginSegment.Number) + 1;

    /// <summary>Bytes of those segments.</summary>
    public long WalSize => SegmentCount * SegmentSize.Bytes;

    public double BytesPerSecond => CopyTime > TimeSpan.Zero ? Size / CopyTime.TotalSeconds : 0;
}

/// <summary>WAL after a backup and before the next one, or up to now.</summary>
internal sealed record WalAfterBackup
{
    /// <summary>Whole segments.</summary>
    public long Files { get; init; }

    public long Bytes { get; init; }

    /// <summary>Null where it cannot be told from what is held.</summary>
    public double? FilesPerSecond { get; init; }

    /// <summary>Name of the newest segment of the server; null for none.</summary>
    public string? LastAvailable { get; init; }

    /// <summary>Other timelines that can be reached from the backup.</summary>
    public IReadOnlyList<TimelineId> ReachableTimelines { get; init; } = [];
}
