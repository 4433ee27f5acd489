using System.Buffers;
using System.Globalization;

namespace Howdah.Core.Wal;

/// <summary>What a file name of <c>pg_wal</c> or of an archive means.</summary>
public enum WalFileKind
{
    /// <summary>None of the names below.</summary>
    Unknown,

    /// <summary>24 upper-case hexadecimal digits.</summary>
    Segment,

    /// <summary>A segment name followed by <c>.partial</c>.</summary>
    PartialSegment,

    /// <summary>Eight hexadecimal digits followed by <c>.history</c>.</summary>
    History,

    /// <summary>A segment name, a dot, eight hexadecimal digits and <c>.backup</c>.</summary>
    BackupHistory,
}

/// <summary>Recognises the names of WAL files (PostgreSQL 11-18, src/include/access/xlog_internal.h).</summary>
public static class WalFileName
{
    public const string PartialSuffix = ".partial";
    public const string HistorySuffix = ".history";
    public const string BackupSuffix = ".backup";

    private const int SegmentLength = 24;
    private const int TimelineLength = 8;

    // PostgreSQL accepts upper case only (strspn "0123456789ABCDEF").
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789ABCDEF");

    public static WalFileKind Classify(ReadOnlySpan<char> name)
    {
        if (name.Length == SegmentLength && IsHex(name))
            return WalFileKind.Segment;
        if (name.EndsWith(PartialSuffix, StringComparison.Ordinal) && IsSegment(name[..^PartialSuffix.Length]))
            return WalFileKind.PartialSegment;
        if (name.EndsWith(HistorySuffix, StringComparison.Ordinal) && IsTimeline(name[..^HistorySuffix.Length]))
            return WalFileKind.History;
        return IsBackupHistory(name) ? WalFileKind.BackupHistory : WalFileKind.Unknown;
    }

    /// <summary>The timeline in a name of any kind but <see cref="WalFileKind.Unknown"/>.</summary>
    public static bool TryParseTimeline(ReadOnlySpan<char> name, out TimelineId timeline)
    {
        timeline = default;
        return Classify(name) != WalFileKind.Unknown && TryParseHex(name[..TimelineLength], out timeline);
    }

    internal static bool TryParseSegmentName(ReadOnlySpan<char> name, out TimelineId timeline, out uint high, out uint low)
    {
        timeline = default;
        high = low = 0;
        return IsSegment(name)
            && TryParseHex(name[..8], out timeline)
            && uint.TryParse(name[8..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out high)
            && uint.TryParse(name[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out low);
    }

    private static bool IsBackupHistory(ReadOnlySpan<char> name) =>
        name.Length == SegmentLength + 1 + TimelineLength + BackupSuffix.Length
        && name.EndsWith(BackupSuffix, StringComparison.Ordinal)
        && IsSegment(name[..SegmentLength])
        && name[SegmentLength] == '.'
        && IsTimeline(name.Slice(SegmentLength + 1, TimelineLength));

    private static bool IsSegment(ReadOnlySpan<char> text) => text.Length == SegmentLength && IsHex(text);

    private static bool IsTimeline(ReadOnlySpan<char> text) => text.Length == TimelineLength && IsHex(text);

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(HexDigits);

    private static bool TryParseHex(ReadOnlySpan<char> text, out TimelineId timeline)
    {
        var parsed = uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && value != 0;
        timeline = new TimelineId(value);
        return parsed;
    }
}
