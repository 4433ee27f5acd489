using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Howdah.Core.Wal;

namespace Howdah.Repository.Wal;

/// <summary>The names in a WAL directory, sorted: one pass over the directory, and no object for a segment. A repository holds a hundred
/// thousand of them, and is looked at every second.</summary>
/// <remarks>
/// A name proves completeness, because a segment gets its plain name only after its size was checked
/// (<see cref="WalStore.CompleteSegmentAsync"/>).
/// Sizes are looked at where the caller wants proof against what happened to the files since: one lstat a file.
/// </remarks>
internal sealed class WalListing
{
    private static readonly EnumerationOptions Options = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    private readonly List<WalSegment> _segments = [];
    private readonly List<WalSegment> _wrongSizes = [];
    private readonly List<WalSegment> _partials = [];
    private readonly List<TimelineId> _histories = [];
    private readonly List<string> _gapFiles = [];

    private WalListing()
    {
    }

    /// <summary>Complete segments by timeline, then number.</summary>
    public IReadOnlyList<WalSegment> Segments => _segments;

    /// <summary>Files with a segment's name but another size; filled only where sizes were looked at.</summary>
    public IReadOnlyList<WalSegment> WrongSizes => _wrongSizes;

    public IReadOnlyList<WalSegment> Partials => _partials;

    public IReadOnlyList<TimelineId> Histories => _histories;

    public IReadOnlyList<string> GapFiles => _gapFiles;

    /// <summary>The last segment, complete or not, of each timeline.</summary>
    public IEnumerable<WalSegment> Newest()
    {
        var newest = new Dictionary<TimelineId, WalSegment>();
        for (var i = 0; i < _segments.Count; i++)
        {
            // Sorted: the last before another timeline is the newest of its own.
            if (i + 1 == _segments.Count || _segments[i + 1].Timeline != _segments[i].Timeline)
                newest.Add(_segments[i].Timeline, _segments[i]);
        }

        foreach (var partial in _partials)
        {
            if (!newest.TryGetValue(partial.Timeline, out var complete) || partial.Number > complete.Number)
                newest[partial.Timeline] = partial;
        }

        return newest.Values;
    }

    public static WalListing Read(string directory, WalSegmentSize size, bool checkSizes)
    {
        var listing = new WalListing();
        var names = new FileSystemEnumerable<bool>(directory, (ref file) => listing.TryAdd(ref file, size, checkSizes), Options);
        foreach (var isOurs in names)
            _ = isOurs;
        listing.Sort();
        return listing;
    }

    private bool TryAdd(ref FileSystemEntry file, WalSegmentSize size, bool checkSizes)
    {
        var name = file.FileName;
        switch (WalFileName.Classify(name))
        {
            case WalFileKind.Segment when WalSegment.TryParse(name, size, out var segment):
                (checkSizes && file.Length != size.Bytes ? _wrongSizes : _segments).Add(segment);
                return true;
            case WalFileKind.PartialSegment when WalSegment.TryParse(name[..^WalFileName.PartialSuffix.Length], size, out var segment):
                _partials.Add(segment);
                return true;
            case WalFileKind.History when WalFileName.TryParseTimeline(name, out var timeline):
                _histories.Add(timeline);
                return true;
            case WalFileKind.Unknown when name.EndsWith(GapRecord.Suffix, StringComparison.Ordinal) && name[0] != '.':
                _gapFiles.Add(name.ToString());
                return true;
            default:
                return false;
        }
    }

    private void Sort()
    {
        foreach (var list in (ReadOnlySpan<List<WalSegment>>)[_segments, _wrongSizes, _partials])
            CollectionsMarshal.AsSpan(list).Sort(default(ByTimelineAndNumber));
        _histories.Sort();
        _gapFiles.Sort(StringComparer.Ordinal);
    }

    /// <summary>A value type, so that a comparison is no call.</summary>
    private readonly struct ByTimelineAndNumber : IComparer<WalSegment>
    {
        public int Compare(WalSegment x, WalSegment y) =>
            x.Timeline == y.Timeline ? x.Number.CompareTo(y.Number) : x.Timeline.CompareTo(y.Timeline);
    }
}
