using System.IO.Enumeration;
using Howdah.Core.Wal;

namespace Howdah.Repository.Wal;

/// <summary>The names in a WAL directory, sorted: one pass over the directory, no string for a segment.</summary>
/// <remarks>
/// A name proves completeness, because a segment gets its plain name only after its size was checked
/// (<see cref="WalStore.CompleteSegmentAsync"/>).
/// Sizes are looked at where the caller wants proof against what happened to the files since: one lstat a file.
/// </remarks>
internal sealed class WalListing
{
    private WalListing(IReadOnlyList<Entry> entries)
    {
        Segments = Select(entries, WalFileKind.Segment).Where(
            static entry => !entry.WrongSize).Select(static entry => entry.Segment).ToArray();
        WrongSizes = Select(entries, WalFileKind.Segment).Where(
            static entry => entry.WrongSize).Select(static entry => entry.Segment).ToArray();
        Partials = Select(entries, WalFileKind.PartialSegment).Select(static entry => entry.Segment).ToArray();
        Histories = Select(entries, WalFileKind.History).Select(static entry => entry.Segment.Timeline).Order().ToArray();
        GapFiles = entries.Where(
            static entry => entry.GapFile is not null).Select(static entry => entry.GapFile!).Order(StringComparer.Ordinal).ToArray();
    }

    /// <summary>Complete segments by timeline, then number.</summary>
    public IReadOnlyList<WalSegment> Segments { get; }

    /// <summary>Files with a segment's name but another size; filled only where sizes were looked at.</summary>
    public IReadOnlyList<WalSegment> WrongSizes { get; }

    public IReadOnlyList<WalSegment> Partials { get; }

    public IReadOnlyList<TimelineId> Histories { get; }

    public IReadOnlyList<string> GapFiles { get; }

    public static WalListing Read(string directory, WalSegmentSize size, bool checkSizes)
    {
        var names = new FileSystemEnumerable<Entry?>(directory, (ref entry) => Parse(ref entry, size, checkSizes), Options);
        return new WalListing(names.OfType<Entry>().ToList());
    }

    private static readonly EnumerationOptions Options = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    private static IEnumerable<Entry> Select(IReadOnlyList<Entry> entries, WalFileKind kind) => entries
        .Where(entry => entry.Kind == kind)
        .OrderBy(static entry => entry.Segment.Timeline)
        .ThenBy(static entry => entry.Segment.Number);

    private static Entry? Parse(ref FileSystemEntry file, WalSegmentSize size, bool checkSizes)
    {
        var name = file.FileName;
        if (name.EndsWith(GapRecord.Suffix, StringComparison.Ordinal) && name[0] != '.')
            return new Entry(WalFileKind.Unknown, default, WrongSize: false, name.ToString());
        var kind = WalFileName.Classify(name);
        switch (kind)
        {
            case WalFileKind.Segment when WalSegment.TryParse(name, size, out var segment):
                return new Entry(kind, segment, checkSizes && file.Length != size.Bytes, null);
            case WalFileKind.PartialSegment when WalSegment.TryParse(name[..^WalFileName.PartialSuffix.Length], size, out var segment):
                return new Entry(kind, segment, WrongSize: false, null);
            case WalFileKind.History when WalFileName.TryParseTimeline(name, out var timeline):
                return new Entry(kind, new WalSegment(timeline, 0, size), WrongSize: false, null);
            default:
                return null;
        }
    }

    private readonly record struct Entry(WalFileKind Kind, WalSegment Segment, bool WrongSize, string? GapFile);
}
