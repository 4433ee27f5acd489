using System.Buffers.Binary;
using System.Text;
using Howdah.Core.Wal;

namespace Howdah.Postgres.DataDirectory;

/// <summary>How a manifest proves a file's content (PostgreSQL 13-18, src/common/checksum_helper.c).</summary>
public enum ManifestChecksumAlgorithm
{
    None,
    Crc32C,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// <summary>Names of <c>backup_manifest</c> and of its algorithms.</summary>
/// <remarks>
/// Format: PostgreSQL 13-18, "Backup Manifest Format" in the manual and src/backend/backup/backup_manifest.c. Version 1 (13-16),
/// version 2 (17+) adds the system identifier. The last line is the SHA-256 of everything before it, so the bytes are kept verbatim.
/// </remarks>
public static class BackupManifest
{
    public const string FileName = "backup_manifest";

    public const int OldestVersion = 1;
    public const int NewestVersion = 2;

    /// <summary>The name in the file; null for <see cref="ManifestChecksumAlgorithm.None"/>, where the field is absent.</summary>
    public static string? NameOf(ManifestChecksumAlgorithm algorithm) => algorithm switch
    {
        ManifestChecksumAlgorithm.Crc32C => "CRC32C",
        ManifestChecksumAlgorithm.Sha224 => "SHA224",
        ManifestChecksumAlgorithm.Sha256 => "SHA256",
        ManifestChecksumAlgorithm.Sha384 => "SHA384",
        ManifestChecksumAlgorithm.Sha512 => "SHA512",
        _ => null,
    };

    /// <summary>Length of a checksum in bytes.</summary>
    public static int LengthOf(ManifestChecksumAlgorithm algorithm) => algorithm switch
    {
        ManifestChecksumAlgorithm.Crc32C => 4,
        ManifestChecksumAlgorithm.Sha224 => 28,
        ManifestChecksumAlgorithm.Sha256 => 32,
        ManifestChecksumAlgorithm.Sha384 => 48,
        ManifestChecksumAlgorithm.Sha512 => 64,
        _ => 0,
    };
}

/// <summary>One file of a backup.</summary>
/// <param name="PathBytes">Path relative to the data directory; normally UTF-8, but any bytes are possible.</param>
/// <param name="Size">Bytes.</param>
/// <param name="LastModified">To the second.</param>
/// <param name="Algorithm">How the content was hashed.</param>
/// <param name="Checksum">The bytes in the order they are printed; empty for <see cref="ManifestChecksumAlgorithm.None"/>.</param>
public sealed record ManifestFile(
    byte[] PathBytes, long Size, DateTimeOffset LastModified, ManifestChecksumAlgorithm Algorithm, byte[] Checksum)
{
    public string Path => Encoding.UTF8.GetString(PathBytes);

    /// <summary>The CRC as a number: it is printed as four bytes, lowest first. Null where another algorithm was used.</summary>
    public uint? Crc32C => Algorithm == ManifestChecksumAlgorithm.Crc32C ? BinaryPrimitives.ReadUInt32LittleEndian(Checksum) : null;

    public static ManifestFile WithCrc32C(string path, long size, DateTimeOffset lastModified, uint crc)
    {
        var checksum = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, crc);
        return new ManifestFile(Encoding.UTF8.GetBytes(path), size, lastModified, ManifestChecksumAlgorithm.Crc32C, checksum);
    }
}

/// <summary>WAL that a backup needs: all of <see cref="Range"/> on <see cref="Timeline"/>.</summary>
public readonly record struct ManifestWalRange(TimelineId Timeline, LsnRange Range);
