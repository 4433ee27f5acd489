using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Postgres.Wal;

/// <summary>A record while its bytes come in page by page: its header, the running CRC of its body and the body's beginning.</summary>
internal sealed class PendingRecord
{
    // A commit record's time lies within 32 bytes, a restore point's name ends at 74, a checkpoint needs 100, a tablespace's path has
    // up to 1024 behind 9.
    private const int PrefixBytes = 1040;

    private readonly byte[] _header = new byte[WalRecordHeader.Bytes];
    private readonly byte[] _prefix = new byte[PrefixBytes];
    private int _headerCount;
    private int _prefixCount;
    private uint _bodyCrc;

    public WalSegment Segment { get; private set; }

    /// <summary>Byte in <see cref="Segment"/> where the record starts.</summary>
    public int Offset { get; private set; }

    public Lsn Start => Segment.Start + (ulong)Offset;

    public uint RemainingBytes { get; private set; }

    /// <summary>The last <see cref="Take"/> completed the header.</summary>
    public bool HeaderJustRead { get; private set; }

    public WalRecordHeader Header => WalRecordHeader.Read(_header);

    public uint ComputedCrc => WalRecordHeader.ComputeCrc(_header, _bodyCrc);

    public ReadOnlySpan<byte> BodyPrefix => _prefix.AsSpan(0, _prefixCount);

    public void Begin(WalSegment segment, int offset, uint totalBytes)
    {
        Segment = segment;
        Offset = offset;
        RemainingBytes = totalBytes;
        _headerCount = _prefixCount = 0;
        _bodyCrc = Crc32C.Start;
    }

    /// <summary>Takes what belongs to the record from the front of <paramref name="bytes"/>; answers how many bytes.</summary>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var mine = bytes[..(int)Math.Min((uint)bytes.Length, RemainingBytes)];
        RemainingBytes -= (uint)mine.Length;
        var toHeader = mine[..Math.Min(mine.Length, _header.Length - _headerCount)];
        toHeader.CopyTo(_header.AsSpan(_headerCount));
        _headerCount += toHeader.Length;
        HeaderJustRead = !toHeader.IsEmpty && _headerCount == _header.Length;
        var body = mine[toHeader.Length..];
        _bodyCrc = Crc32C.Append(_bodyCrc, body);
        var toPrefix = body[..Math.Min(body.Length, _prefix.Length - _prefixCount)];
        toPrefix.CopyTo(_prefix.AsSpan(_prefixCount));
        _prefixCount += toPrefix.Length;
        return mine.Length;
    }
}
