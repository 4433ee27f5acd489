using System.Buffers.Binary;
using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Wal;

namespace Howdah.Postgres.Tests.Wal;

/// <summary>Writes WAL as a server does: pages, continued records, switches, given-up records.</summary>
internal sealed class WalBuilder
{
    public static readonly WalSegmentSize Size = new(1 << 20);
    public static readonly SystemIdentifier System = new(7711154917341824085);

    private readonly List<byte> _bytes = [];
    private readonly Lsn _origin;
    private Lsn _previous;

    public WalBuilder(ulong firstSegment = 3) => _origin = new Lsn(firstSegment * (ulong)Size.Bytes);

    public List<Lsn> Records { get; } = [];

    public Lsn Position => _origin + (ulong)_bytes.Count;

    public WalSegment First => WalSegment.Containing(TimelineId.First, _origin, Size);

    /// <summary>All bytes, padded with zeroes to whole segments.</summary>
    public byte[] ToSegments()
    {
        var segments = (_bytes.Count + Size.Bytes - 1) / Size.Bytes;
        var all = new byte[segments * Size.Bytes];
        _bytes.CopyTo(all);
        return all;
    }

    public void Add(byte resourceManager, byte info, byte[] body, int? giveUpAfter = null)
    {
        StartPageIfNeeded(0, WalPageFlags.None);
        var start = Position;
        var record = new byte[WalRecordHeader.Bytes + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(8), _previous.Value);
        record[16] = info;
        record[17] = resourceManager;
        body.CopyTo(record, WalRecordHeader.Bytes);
        var crc = Crc32C.Finish(Crc32C.Append(Crc32C.Append(Crc32C.Start, body), record.AsSpan(0, 20)));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(20), crc);
        if (giveUpAfter is { } pages)
        {
            WriteBytes(record, pages);
            return;
        }

        WriteBytes(record, int.MaxValue);
        Pad();
        _previous = start;
        Records.Add(start);
    }

    public void Switch()
    {
        Add(0, 0x40, []);
        while (_bytes.Count % Size.Bytes != 0)
            _bytes.Add(0);
    }

    /// <summary>The next page says that the record before it was given up.</summary>
    public void OverwriteContinuation() => WritePageHeader(0, WalPageFlags.FirstIsOverwriteContinuation);

    private void WriteBytes(byte[] record, int pageLimit)
    {
        var written = 0;
        while (written < record.Length)
        {
            if (_bytes.Count % WalPageHeader.PageBytes == 0)
            {
                if (written > 0 && pageLimit-- == 0)
                    return;
                StartPageIfNeeded((uint)(record.Length - written), written > 0 ? WalPageFlags.FirstIsContinuation : WalPageFlags.None);
            }

            var room = WalPageHeader.PageBytes - (int)(_bytes.Count % WalPageHeader.PageBytes);
            var part = Math.Min(room, record.Length - written);
            _bytes.AddRange(record.AsSpan(written, part));
            written += part;
        }
    }

    private void StartPageIfNeeded(uint remaining, WalPageFlags flags)
    {
        if (_bytes.Count % WalPageHeader.PageBytes == 0)
            WritePageHeader(remaining, flags);
    }

    private void WritePageHeader(uint remaining, WalPageFlags flags)
    {
        var isLong = _bytes.Count % Size.Bytes == 0;
        var header = new byte[isLong ? WalPageHeader.LongHeaderBytes : WalPageHeader.ShortHeaderBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(header, 0xD110);
        BinaryPrimitives.WriteUInt16LittleEndian(
            header.AsSpan(2), (ushort)(flags | (isLong ? WalPageFlags.LongHeader : WalPageFlags.None)));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), Position.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), remaining);
        if (isLong)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), System.Value);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(32), Size.Bytes);
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(36), WalPageHeader.PageBytes);
        }

        _bytes.AddRange(header);
    }

    private void Pad()
    {
        while (_bytes.Count % 8 != 0)
            _bytes.Add(0);
    }
}
