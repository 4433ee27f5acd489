using Howdah.Core.Units;

namespace Howdah.Postgres.Replication;

/// <summary>Checksum of each file in the server's backup manifest.</summary>
public enum ManifestChecksum
{
    None,

    /// <summary>Nearly free for the server; SHA-256 halves the stream.</summary>
    Crc32C,
    Sha256,
}

/// <summary>What BASE_BACKUP is asked for. WAL is never included: it comes by streaming; nor is WAL archiving waited for.</summary>
public sealed record BaseBackupOptions
{
    /// <summary>Kept in backup_label: one line, at most 1024 bytes.</summary>
    public string Label { get; init; } = "howdah";

    /// <summary>Checkpoint at once instead of spread over minutes.</summary>
    public bool FastCheckpoint { get; init; } = true;

    /// <summary>Asks for estimated sizes; costs the server one walk through its directories.</summary>
    public bool Progress { get; init; } = true;

    /// <summary>Writes <c>tablespace_map</c> instead of symbolic links.</summary>
    public bool TablespaceMap { get; init; } = true;

    /// <summary>The server checks page checksums (it does so only where the cluster has them).</summary>
    public bool VerifyChecksums { get; init; } = true;

    /// <summary>Null asks for no manifest; 11 and 12 have none.</summary>
    public ManifestChecksum? ManifestChecksums { get; init; } = ManifestChecksum.Crc32C;

    /// <summary>Bytes per second, rounded to what the server allows (32 kB … 1 GB); null is unlimited.</summary>
    public ByteSize? MaxRate { get; init; }

    /// <summary>17+: relative to the manifest that was uploaded in this session before.</summary>
    public bool Incremental { get; init; }
}

/// <summary>One archive of a base backup.</summary>
/// <param name="Oid">Null for the data directory itself.</param>
/// <param name="Location">The tablespace's directory on the server; null for the data directory.</param>
/// <param name="EstimatedBytes">Null where sizes were not asked for.</param>
public sealed record TablespaceInfo(uint? Oid, string? Location, long? EstimatedBytes);
