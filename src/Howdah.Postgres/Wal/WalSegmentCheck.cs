using Howdah.Core.Wal;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Postgres.Wal;

/// <summary>
/// The cheap check of a finished segment: every page header, and that an all-zero tail follows a switch record. Reads 40 bytes
/// of each page, so a 16 MiB segment costs about a millisecond. It does not see damage inside pages: <see cref="WalChainVerifier"/> does.
/// </summary>
public static class WalSegmentCheck
{
    /// <summary>A segment with more findings than this is no WAL; the rest is not listed.</summary>
    public const int FindingLimit = 100;

    /// <summary>Judges the whole content of a segment file.</summary>
    public static IReadOnlyList<WalFinding> ValidatePages(ReadOnlySpan<byte> content, WalSegment segment, WalExpectations expected)
    {
        if (content.Length != segment.Size.Bytes)
            return [WrongSize(segment, content.Length)];
        return Validate(new SpanBytes(content), segment, expected);
    }

    /// <summary>Judges a segment file on disk.</summary>
    public static IReadOnlyList<WalFinding> ValidateFile(SafeFileHandle file, WalSegment segment, WalExpectations expected)
    {
        var length = RandomAccess.GetLength(file);
        return length == segment.Size.Bytes ? Validate(new FileBytes(file), segment, expected) : [WrongSize(segment, length)];
    }

    private static WalFinding WrongSize(WalSegment segment, long length) =>
        new(WalFindingKind.WrongSize, segment, 0, $"file has {length} bytes, expected {segment.Size.Bytes}");

    private static List<WalFinding> Validate<TBytes>(TBytes bytes, WalSegment segment, WalExpectations expected)
        where TBytes : ISegmentBytes, allows ref struct
    {
        var findings = new List<WalFinding>();
        var check = new WalPageCheck(segment, expected);
        Span<byte> header = stackalloc byte[WalPageHeader.LongHeaderBytes];
        for (var offset = 0; offset < segment.Size.Bytes && findings.Count < FindingLimit; offset += WalPageHeader.PageBytes)
        {
            bytes.Read(offset, header);
            if (header.ContainsAnyExcept((byte)0))
            {
                if (check.Check(offset, header) is { } finding)
                    findings.Add(finding);
                continue;
            }

            if (CheckZeroTail(bytes, segment, offset) is { } tailFinding)
                findings.Add(tailFinding);
            break;
        }

        return findings;
    }

    private static WalFinding? CheckZeroTail<TBytes>(TBytes bytes, WalSegment segment, int zeroFrom)
        where TBytes : ISegmentBytes, allows ref struct
    {
        var page = new byte[WalPageHeader.PageBytes];
        for (var offset = zeroFrom; offset < segment.Size.Bytes; offset += WalPageHeader.PageBytes)
        {
            bytes.Read(offset, page);
            if (page.AsSpan().ContainsAnyExcept((byte)0))
                return new WalFinding(
                    WalFindingKind.DataAfterSwitch, segment, offset, $"page is not zero, although the page at offset {zeroFrom} is");
        }

        return EndsWithSwitch(bytes, zeroFrom, page)
            ? null
            : new WalFinding(WalFindingKind.UnexpectedZeroes, segment, zeroFrom, "only zeroes from here on, and no switch record before");
    }

    private static bool EndsWithSwitch<TBytes>(TBytes bytes, int zeroFrom, Span<byte> page)
        where TBytes : ISegmentBytes, allows ref struct
    {
        if (zeroFrom == 0)
            return false;
        var pageStart = zeroFrom - WalPageHeader.PageBytes;
        bytes.Read(pageStart, page);
        var header = WalPageHeader.Read(page);
        // Records start and end on multiples of 8, and the last word of a switch record is never all zero: its kind is in there.
        var end = (page.LastIndexOfAnyExcept((byte)0) + 8) & ~7;
        var available = end - header.HeaderBytes;
        Span<byte> record = stackalloc byte[WalRecordHeader.Bytes];
        if (available >= record.Length)
        {
            page[(end - record.Length)..end].CopyTo(record);
            return IsSwitch(record);
        }

        // The record began on the page before, or even in the segment before, which is not at hand here.
        if (available <= 0 || (header.Flags & WalPageFlags.FirstIsContinuation) == WalPageFlags.None || header.RemainingBytes != available)
            return false;
        if (pageStart == 0)
            return true;
        bytes.Read(pageStart - (record.Length - available), record[..^available]);
        page[header.HeaderBytes..end].CopyTo(record[^available..]);
        return IsSwitch(record);
    }

    private static bool IsSwitch(ReadOnlySpan<byte> record)
    {
        var header = WalRecordHeader.Read(record);
        return header.IsSwitch
            && header.TotalBytes == WalRecordHeader.Bytes
            && header.Crc == WalRecordHeader.ComputeCrc(record, DataDirectory.Crc32C.Start);
    }

    private interface ISegmentBytes
    {
        void Read(int offset, scoped Span<byte> destination);
    }

    private readonly ref struct SpanBytes(ReadOnlySpan<byte> content) : ISegmentBytes
    {
        private readonly ReadOnlySpan<byte> _content = content;

        public void Read(int offset, scoped Span<byte> destination) => _content.Slice(offset, destination.Length).CopyTo(destination);
    }

    private readonly struct FileBytes(SafeFileHandle file) : ISegmentBytes
    {
        public void Read(int offset, scoped Span<byte> destination) => WalFileBytes.ReadExactly(file, offset, destination);
    }
}
