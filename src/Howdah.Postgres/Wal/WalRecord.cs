using System.Buffers.Binary;
using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Postgres.Wal;

/// <summary>The header of a WAL record, 24 bytes, the same in PostgreSQL 11-18 (src/include/access/xlogrecord.h, XLogRecord).</summary>
/// <param name="TotalBytes">Length of the record, header included, page headers on the way not.</param>
/// <param name="TransactionId">0 where the record belongs to no transaction.</param>
/// <param name="Previous">Where the record before starts.</param>
/// <param name="Info">What the record is, to its resource manager; low four bits belong to the WAL code.</param>
/// <param name="ResourceManager">0 … 127 built in (0 XLOG, 1 transactions), 128 … 255 of extensions (15+).</param>
/// <param name="Crc">CRC-32C over the body, then the first 20 bytes of the header.</param>
public readonly record struct WalRecordHeader(uint TotalBytes, uint TransactionId, Lsn Previous, byte Info, byte ResourceManager, uint Crc)
{
    public const int Bytes = 24;

    // XLogRecordMaxSize is 1020 MiB since 16; before, MaxAllocSize bounded what could be read back.
    internal const uint LargestTotal = 1 << 30;

    private const int CrcOffset = 20;

    /// <summary>A record that ends its segment: all that follows in the file is zero.</summary>
    public bool IsSwitch => ResourceManager == 0 && (Info & 0xF0) == 0x40;

    /// <exception cref="ArgumentOutOfRangeException">Fewer than 24 bytes.</exception>
    public static WalRecordHeader Read(ReadOnlySpan<byte> bytes)
    {
        var header = bytes[..Bytes];
        return new WalRecordHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(header),
            BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
            new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(header[8..])),
            header[16],
            header[17],
            BinaryPrimitives.ReadUInt32LittleEndian(header[CrcOffset..]));
    }

    /// <summary>The CRC that the record should carry, from its header's bytes and the running state over its body.</summary>
    internal static uint ComputeCrc(ReadOnlySpan<byte> header, uint bodyState) =>
        Crc32C.Finish(Crc32C.Append(bodyState, header[..CrcOffset]));
}

/// <summary>A record whose CRC and place in the chain were verified. Valid only during the call that gets it.</summary>
public readonly ref struct WalRecord
{
    internal WalRecord(Lsn start, Lsn end, WalRecordHeader header, ReadOnlySpan<byte> bodyPrefix)
    {
        Start = start;
        End = end;
        Header = header;
        BodyPrefix = bodyPrefix;
    }

    /// <summary>First byte of the record.</summary>
    public Lsn Start { get; }

    /// <summary>The position after the record, rounded up to 8 as PostgreSQL reports it.</summary>
    public Lsn End { get; }

    public WalRecordHeader Header { get; }

    /// <summary>The first 1040 bytes of the body or fewer: all that <see cref="WalEvent"/> needs.</summary>
    public ReadOnlySpan<byte> BodyPrefix { get; }
}

/// <summary>Gets each verified record in the order of the WAL.</summary>
public delegate void WalRecordHandler(in WalRecord record);
