using System.Globalization;

namespace Howdah.Core.Wal;

/// <summary>One WAL segment file of one timeline.</summary>
/// <remarks>
/// Name: <c>%08X%08X%08X</c> of timeline, number / segments-per-4-GiB, number % segments-per-4-GiB
/// (PostgreSQL 11-18, src/include/access/xlog_internal.h, XLogFileName). <c>pg_walfile_name</c> maps an exact boundary
/// to the previous segment up to 16 and to the next one from 17; Howdah always means the segment that holds the byte.
/// </remarks>
public readonly record struct WalSegment(TimelineId Timeline, ulong Number, WalSegmentSize Size)
{
    /// <summary>First byte of the segment.</summary>
    public Lsn Start => new(Number * (ulong)Size.Bytes);

    /// <summary>The byte after the last one of the segment.</summary>
    public Lsn End => Start + (ulong)Size.Bytes;

    /// <summary>The 24-digit file name.</summary>
    public string Name => string.Create(
        CultureInfo.InvariantCulture,
        $"{Timeline.Value:X8}{Number / Size.SegmentsPerXLogId:X8}{Number % Size.SegmentsPerXLogId:X8}");

    public LsnRange Range => new(Start, End);

    public WalSegment Next => this with { Number = Number + 1 };

    /// <summary>The segment of <paramref name="timeline"/> that holds the byte at <paramref name="lsn"/>.</summary>
    public static WalSegment Containing(TimelineId timeline, Lsn lsn, WalSegmentSize size) => new(timeline, size.SegmentNumber(lsn), size);

    /// <summary>Reads a 24-digit segment name; false where it is not one, or is impossible for this segment size.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, WalSegmentSize size, out WalSegment segment)
    {
        segment = default;
        if (!WalFileName.TryParseSegmentName(name, out var timeline, out var high, out var low) || low >= size.SegmentsPerXLogId)
            return false;
        segment = new WalSegment(timeline, (high * size.SegmentsPerXLogId) + low, size);
        return true;
    }

    public override string ToString() => Name;
}
