using System.Buffers.Binary;
using Howdah.Core.Wal;

namespace Howdah.Postgres.Wal;

/// <summary>Flags of a WAL page (PostgreSQL 11-18, src/include/access/xlog_internal.h, XLP_*).</summary>
[Flags]
public enum WalPageFlags
{
    None = 0,

    /// <summary>The page begins with the rest of a record.</summary>
    FirstIsContinuation = 0x0001,

    /// <summary>The header is the long one of a segment's first page.</summary>
    LongHeader = 0x0002,

    /// <summary>No backup was running; backup blocks may be removed.</summary>
    BackupBlocksRemovable = 0x0004,

    /// <summary>The record that the page before began was given up; the first record here says so. Minor versions since late
    /// 2021.</summary>
    FirstIsOverwriteContinuation = 0x0008,

    All = 0x000F,
}

/// <summary>The header of a WAL page of 8 KiB (PostgreSQL 11-18, src/include/access/xlog_internal.h, XLogPageHeaderData).</summary>
/// <param name="Magic">Tells the major version: <see cref="WalPageMagic"/>.</param>
/// <param name="Flags">Unknown bits included.</param>
/// <param name="Timeline">Timeline that wrote the page; in the first segment of a timeline it may be an ancestor.</param>
/// <param name="Address">Position of the page's first byte.</param>
/// <param name="RemainingBytes">Bytes of a continued record that remain, this page's included.</param>
public readonly record struct WalPageHeader(ushort Magic, WalPageFlags Flags, TimelineId Timeline, Lsn Address, uint RemainingBytes)
{
    /// <summary>Bytes in a WAL page.</summary>
    public const int PageBytes = 8192;

    public const int ShortHeaderBytes = 24;

    public const int LongHeaderBytes = 40;

    public bool IsLong => (Flags & WalPageFlags.LongHeader) != WalPageFlags.None;

    public int HeaderBytes => IsLong ? LongHeaderBytes : ShortHeaderBytes;

    /// <summary>Reads the 24 bytes that all pages have; judges nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 24 bytes.</exception>
    public static WalPageHeader Read(ReadOnlySpan<byte> page)
    {
        var header = page[..ShortHeaderBytes];
        return new WalPageHeader(
            BinaryPrimitives.ReadUInt16LittleEndian(header),
            (WalPageFlags)BinaryPrimitives.ReadUInt16LittleEndian(header[2..]),
            new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(header[4..])),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(header[8..])),
            BinaryPrimitives.ReadUInt32LittleEndian(header[16..]));
    }
}

/// <summary>What only the first page of a segment says.</summary>
public readonly record struct WalLongHeader(SystemIdentifier System, uint SegmentBytes, uint PageBytes)
{
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 40 bytes.</exception>
    public static WalLongHeader Read(ReadOnlySpan<byte> page)
    {
        var header = page[..WalPageHeader.LongHeaderBytes];
        return new WalLongHeader(
            new SystemIdentifier(BinaryPrimitives.ReadUInt64LittleEndian(header[24..])),
            BinaryPrimitives.ReadUInt32LittleEndian(header[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[36..]));
    }
}

/// <summary>The number that begins each WAL page; it changes with each major version (XLOG_PAGE_MAGIC).</summary>
public static class WalPageMagic
{
    /// <summary>The major version that writes <paramref name="magic"/>; null where it is not one of 11 to 18.</summary>
    public static int? MajorOf(ushort magic) => magic switch
    {
        0xD098 => 11,
        0xD101 => 12,
        0xD106 => 13,
        0xD10D => 14,
        0xD110 => 15,
        0xD113 => 16,
        0xD116 => 17,
        0xD118 => 18,
        _ => null,
    };
}
