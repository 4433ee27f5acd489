using System.Buffers.Binary;
using Howdah.Core.Wal;

namespace Howdah.Postgres.DataDirectory;

/// <summary>What the first bytes of a data page say (PostgreSQL 11-18, src/include/storage/bufpage.h, PageHeaderData).</summary>
/// <param name="Lsn">End of the last WAL record that changed the page.</param>
/// <param name="Checksum">The stored checksum; never 0 where checksums are on and the page is not new.</param>
/// <param name="IsNew">The page was allocated and never initialised (<c>pd_upper</c> is 0): it has no checksum.</param>
public readonly record struct PageHeader(Lsn Lsn, ushort Checksum, bool IsNew)
{
    /// <summary>Bytes in a page. PostgreSQL can be built with others; Howdah refuses those when it reads pg_control.</summary>
    public const int PageBytes = 8192;

    /// <summary>Blocks in one segment file of a relation: 1 GiB.</summary>
    public const int BlocksPerSegment = 131072;

    private const int HeaderBytes = 24;

    /// <exception cref="ArgumentOutOfRangeException">Fewer than 24 bytes.</exception>
    public static PageHeader Read(ReadOnlySpan<byte> page)
    {
        var header = page[..HeaderBytes];
        var lsn = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(header) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        return new PageHeader(
            new Lsn(lsn),
            BinaryPrimitives.ReadUInt16LittleEndian(header[8..]),
            BinaryPrimitives.ReadUInt16LittleEndian(header[14..]) == 0);
    }
}
