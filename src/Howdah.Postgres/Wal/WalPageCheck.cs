using Howdah.Core.Wal;

namespace Howdah.Postgres.Wal;

/// <summary>
/// Judges the page headers of one segment, page after page. Holds what must be constant from page to page.
/// </summary>
/// <remarks>Rules of PostgreSQL 11-18, src/backend/access/transam/xlogreader.c, XLogReaderValidatePageHeader. Not thread-safe.</remarks>
internal sealed class WalPageCheck(WalSegment segment, WalExpectations expected)
{
    private ushort _magic;
    private TimelineId _timeline;

    /// <summary>Judges the header of the page at <paramref name="offset"/>; null where nothing is wrong.</summary>
    public WalFinding? Check(int offset, ReadOnlySpan<byte> page)
    {
        var header = WalPageHeader.Read(page);
        return CheckMagic(offset, header)
            ?? CheckFlags(offset, header)
            ?? CheckAddress(offset, header)
            ?? CheckTimeline(offset, header)
            ?? (offset == 0 ? CheckLongHeader(WalLongHeader.Read(page)) : null);
    }

    private WalFinding? CheckMagic(int offset, WalPageHeader header)
    {
        if (WalPageMagic.MajorOf(header.Magic) is not { } major)
            return Finding(
                WalFindingKind.WrongMagic, offset, $"page begins with {header.Magic:X4}, which no PostgreSQL from 11 to 18 writes");
        if (expected.Major is { } wanted && wanted != major)
            return Finding(WalFindingKind.WrongMagic, offset, $"page was written by PostgreSQL {major}, expected {wanted}");
        if (_magic != 0 && _magic != header.Magic)
            return Finding(WalFindingKind.WrongMagic, offset, $"page begins with {header.Magic:X4}, the pages before with {_magic:X4}");
        _magic = header.Magic;
        return null;
    }

    private WalFinding? CheckFlags(int offset, WalPageHeader header)
    {
        if ((header.Flags & ~WalPageFlags.All) != WalPageFlags.None)
            return Finding(WalFindingKind.WrongFlags, offset, $"page has reserved flags {(int)header.Flags:X4}");
        if (header.IsLong != (offset == 0))
            return Finding(
                WalFindingKind.WrongFlags, offset,
                header.IsLong ? "a long header within the segment" : "the first page has no long header");
        return null;
    }

    private WalFinding? CheckAddress(int offset, WalPageHeader header)
    {
        var address = segment.Start + (ulong)offset;
        return header.Address == address ? null
            : Finding(WalFindingKind.WrongAddress, offset, $"page says {header.Address}, its place is {address}");
    }

    private WalFinding? CheckTimeline(int offset, WalPageHeader header)
    {
        if (expected.History is { } history)
        {
            var owner = history.TimelineAt(header.Address);
            if (header.Timeline != owner)
                return Finding(
                    WalFindingKind.WrongTimeline, offset,
                    $"page is of timeline {header.Timeline}, by the history this position is timeline {owner}'s");
        }
        else if (header.Timeline < _timeline || header.Timeline > segment.Timeline || header.Timeline.Value == 0)
        {
            return Finding(
                WalFindingKind.WrongTimeline, offset, $"page is of timeline {header.Timeline}, expected {_timeline} to {segment.Timeline}");
        }

        _timeline = header.Timeline;
        return null;
    }

    private WalFinding? CheckLongHeader(WalLongHeader header)
    {
        if (expected.System is { } system && system != header.System)
            return Finding(WalFindingKind.ForeignSystem, 0, $"segment belongs to system {header.System}, expected {system}");
        if (header.SegmentBytes != segment.Size.Bytes)
            return Finding(
                WalFindingKind.WrongGeometry, 0, $"header says segments of {header.SegmentBytes} bytes, expected {segment.Size.Bytes}");
        if (header.PageBytes != WalPageHeader.PageBytes)
            return Finding(
                WalFindingKind.WrongGeometry, 0, $"header says pages of {header.PageBytes} bytes, supported are {WalPageHeader.PageBytes}");
        return null;
    }

    private WalFinding Finding(WalFindingKind kind, int offset, string detail) => new(kind, segment, offset, detail);
}
