using Howdah.Core.Wal;

namespace Howdah.Postgres.Replication;

public enum BaseBackupMessageKind
{
    /// <summary>A tar archive begins.</summary>
    ArchiveStart,

    /// <summary>Bytes of the archive. It ends with the next start or the end; up to 14 it has no terminating zero blocks.</summary>
    ArchiveData,

    /// <summary>The manifest begins, after all archives.</summary>
    ManifestStart,
    ManifestData,

    /// <summary>15+: how much of all archives the server has sent.</summary>
    Progress,

    /// <summary>The server has finished: only now does the backup count.</summary>
    End,
}

/// <summary>One message of a base backup; the same for every server version.</summary>
/// <param name="Kind">Says which of the others count.</param>
/// <param name="Tablespace">ArchiveStart: whose archive.</param>
/// <param name="Bytes">ArchiveData, ManifestData: valid until the next read.</param>
/// <param name="BytesDone">Progress: uncompressed bytes over all archives.</param>
/// <param name="End">End: what the server says about the whole.</param>
public readonly record struct BaseBackupMessage(
    BaseBackupMessageKind Kind,
    TablespaceInfo? Tablespace = null,
    ReadOnlyMemory<byte> Bytes = default,
    long BytesDone = 0,
    BaseBackupEnd? End = null);

/// <summary>The end of a base backup.</summary>
/// <param name="EndLsn">WAL up to here is needed.</param>
/// <param name="Timeline">Timeline of <paramref name="EndLsn"/>.</param>
/// <param name="Warnings">The server's warnings and notices, the first 200; the last line counts further ones.</param>
/// <param name="ChecksumError">The server found damaged pages (XX001): data and manifest are complete, and hold the damage.</param>
public sealed record BaseBackupEnd(Lsn EndLsn, TimelineId Timeline, IReadOnlyList<string> Warnings, string? ChecksumError);
