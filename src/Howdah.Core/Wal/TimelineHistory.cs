using System.Globalization;

namespace Howdah.Core.Wal;

/// <summary>One ancestor in a timeline history: <see cref="Timeline"/> was left at <see cref="SwitchPoint"/>.</summary>
public readonly record struct TimelineAncestor(TimelineId Timeline, Lsn SwitchPoint, string Reason);

/// <summary>
/// The ancestry of one timeline, oldest first: which timeline owns which part of the WAL that leads to it.
/// </summary>
/// <remarks>
/// File format (PostgreSQL 11-18, src/backend/access/transam/timeline.c): one line an ancestor,
/// <c>parent TAB switch-LSN TAB reason</c>; <c>#</c> comments and blank lines ignored; timelines strictly increasing.
/// </remarks>
public sealed class TimelineHistory
{
    public TimelineHistory(TimelineId timeline, IReadOnlyList<TimelineAncestor> ancestors)
    {
        Timeline = timeline;
        Ancestors = ancestors;
    }

    /// <summary>The timeline whose history this is.</summary>
    public TimelineId Timeline { get; }

    /// <summary>Ancestors, oldest first; empty for timeline 1.</summary>
    public IReadOnlyList<TimelineAncestor> Ancestors { get; }

    /// <summary>The history of timeline 1, or of a timeline whose past is not known.</summary>
    public static TimelineHistory WithoutAncestors(TimelineId timeline) => new(timeline, []);

    /// <summary>Reads the text of a history file.</summary>
    /// <exception cref="FormatException">A line is malformed; the message names its number.</exception>
    public static TimelineHistory Parse(TimelineId timeline, string text)
    {
        var ancestors = new List<TimelineAncestor>();
        var lineNumber = 0;
        foreach (var rawLine in text.EnumerateLines())
        {
            lineNumber++;
            var line = rawLine.Trim();
            if (line.IsEmpty || line[0] == '#')
                continue;
            var ancestor = ParseLine(line, lineNumber);
            var newest = ancestors.Count == 0 ? default : ancestors[^1].Timeline;
            if (ancestor.Timeline <= newest || ancestor.Timeline >= timeline)
                throw new FormatException(
                    $"line {lineNumber}: timeline {ancestor.Timeline} is out of order in the history of timeline {timeline}");
            ancestors.Add(ancestor);
        }

        return new TimelineHistory(timeline, ancestors);
    }

    /// <summary>
    /// The part of the WAL that belongs to <paramref name="timeline"/> on the way to this one; null where it is no ancestor.
    /// The newest timeline's part ends at the highest LSN.
    /// </summary>
    public LsnRange? OwnedRange(TimelineId timeline)
    {
        var start = Lsn.None;
        foreach (var ancestor in Ancestors)
        {
            if (ancestor.Timeline == timeline)
                return new LsnRange(start, ancestor.SwitchPoint);
            start = ancestor.SwitchPoint;
        }

        return timeline == Timeline ? new LsnRange(start, new Lsn(ulong.MaxValue)) : null;
    }

    /// <summary>True where the point <paramref name="lsn"/> of <paramref name="timeline"/> lies on the way to this timeline.</summary>
    /// <remarks>The switch point itself belongs to both timelines.</remarks>
    public bool Contains(TimelineId timeline, Lsn lsn) =>
        OwnedRange(timeline) is { } range && range.Start <= lsn && lsn <= range.End;

    /// <summary>The timeline that holds the byte at <paramref name="lsn"/> on the way to this one.</summary>
    public TimelineId TimelineAt(Lsn lsn)
    {
        foreach (var ancestor in Ancestors)
        {
            if (lsn < ancestor.SwitchPoint)
                return ancestor.Timeline;
        }

        return Timeline;
    }

    private static TimelineAncestor ParseLine(ReadOnlySpan<char> line, int lineNumber)
    {
        var text = line.ToString();
        var fields = text.Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 2
            || !uint.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var timeline)
            || timeline == 0
            || !Lsn.TryParse(fields[1], out var switchPoint))
        {
            throw new FormatException($"line {lineNumber}: expected 'timeline LSN reason', got '{text}'");
        }

        return new TimelineAncestor(new TimelineId(timeline), switchPoint, fields.Length == 3 ? fields[2] : "");
    }
}
