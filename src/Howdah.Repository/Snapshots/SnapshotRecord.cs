using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Repository.Json;

namespace Howdah.Repository.Snapshots;

/// <summary>
/// <c>snapshots/&lt;id&gt;/snapshot.json</c>: everything about one complete base backup. Written last; without it there is no snapshot.
/// </summary>
public sealed record SnapshotRecord : ICheckedRecord
{
    internal const int CurrentFormat = 1;
    internal const string FileName = "snapshot.json";

    public int Format { get; init; } = CurrentFormat;

    /// <summary>
    /// UTC time of the start and, where two start in one second, a number: <c>20261123T091455</c>, <c>20261123T091455-2</c>.
    /// </summary>
    public required string Id { get; init; }

    public required SystemIdentifier System { get; init; }

    /// <summary>The id of the WAL store whose WAL belongs to this snapshot.</summary>
    public required string Lineage { get; init; }

    /// <summary>The cluster's name when the snapshot was taken.</summary>
    public string? Cluster { get; init; }

    /// <summary>The node it was taken from.</summary>
    public string? Source { get; init; }

    /// <summary><c>server_version_num</c>, for example 150018.</summary>
    public required int ServerVersion { get; init; }

    public required WalSegmentSize SegmentSize { get; init; }

    /// <summary>Where recovery must begin (backup_label's START WAL LOCATION).</summary>
    public required Lsn StartLsn { get; init; }

    public required TimelineId StartTimeline { get; init; }

    /// <summary>Where recovery has made the copy consistent: nothing before it can be a target.</summary>
    public required Lsn StopLsn { get; init; }

    public required TimelineId StopTimeline { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset StoppedAt { get; init; }

    /// <summary>Bytes of all files in <c>data/</c> and <c>tablespaces/</c>.</summary>
    public required long Bytes { get; init; }

    public required long Files { get; init; }

    // The lists: a record that does not have one has none, which the generated reader gives as null.
    public IReadOnlyList<SnapshotTablespace> Tablespaces { get; init => field = value ?? []; } = [];

    /// <summary>False where the server keeps no page checksums: then nothing is known about its pages.</summary>
    public bool PageChecksums { get; init; }

    /// <summary>Pages whose checksum failed while the backup was taken, however many <see cref="ChecksumFailures"/> lists.</summary>
    public long ChecksumFailureCount { get; init; }

    /// <summary>The first of them, at most <see cref="MostListedFailures"/>.</summary>
    public IReadOnlyList<SnapshotChecksumFailure> ChecksumFailures { get; init => field = value ?? []; } = [];

    /// <summary>Path of PostgreSQL's backup manifest below the snapshot's directory; null where the server makes none (11, 12).</summary>
    public string? Manifest { get; init; }

    /// <summary>The user's words.</summary>
    public string? Label { get; init; }

    /// <summary>What the server remarked while it was taken.</summary>
    public IReadOnlyList<string> Warnings { get; init => field = value ?? []; } = [];

    /// <summary>How many checksum failures are listed: enough to see a pattern, few enough to keep the record readable.</summary>
    public const int MostListedFailures = 100;

    /// <summary>True where no page failed its checksum: only such a snapshot satisfies retention (design law 4).</summary>
    public bool IsClean() => ChecksumFailureCount == 0;

    string? ICheckedRecord.FindProblem()
    {
        if (StopLsn < StartLsn)
            return $"stopLsn {StopLsn} is before startLsn {StartLsn}";
        if (Bytes < 0 || Files < 0 || ChecksumFailureCount < 0)
            return "bytes, files or checksumFailureCount is below zero";
        if (Tablespaces.Contains(null!) || ChecksumFailures.Contains(null!) || Warnings.Any(static text => text is null))
            return "tablespaces, checksumFailures or warnings has a null in it";
        if (Tablespaces.DistinctBy(static tablespace => tablespace.Oid).Count() < Tablespaces.Count)
            return "two tablespaces have one OID";
        return Manifest is { } name && (name is "" or "." or ".." || name.Contains('/', StringComparison.Ordinal))
            ? "manifest is no name of a file in the snapshot's directory"
            : null;
    }

    /// <summary>What the planner needs to know.</summary>
    public RestorableSnapshot ToRestorable() => new(Id, System, StopTimeline)
    {
        Lineage = Lineage,
        StartTimeline = StartTimeline,
        StartLsn = StartLsn,
        StopLsn = StopLsn,
        StoppedAt = StoppedAt,
        Bytes = Bytes,
        Tablespaces = [.. Tablespaces.Select(static tablespace => tablespace.Oid)],
        IsClean = IsClean(),
    };
}

/// <summary>One tablespace of a snapshot.</summary>
/// <param name="Oid">Its OID: the name of its link in pg_tblspc.</param>
/// <param name="Location">Where the server had it.</param>
/// <param name="Bytes">Size of its files.</param>
/// <param name="Name">Its name; null where the server's catalogue could not be asked.</param>
public sealed record SnapshotTablespace(uint Oid, string Location, long Bytes, string? Name = null);

/// <summary>A page whose stored checksum is not the computed one.</summary>
public sealed record SnapshotChecksumFailure(string File, uint Block, int Stored, int Computed);
