namespace Howdah.Core.Wal;

/// <summary>Arithmetic on lists of ranges. "Normal" means: sorted, none empty, none touching another.</summary>
public static class LsnRanges
{
    /// <summary>The same bytes as a normal list.</summary>
    public static IReadOnlyList<LsnRange> Normalize(IEnumerable<LsnRange> ranges)
    {
        var result = new List<LsnRange>();
        foreach (var range in ranges.Where(static range => !range.IsEmpty).OrderBy(static range => range.Start))
        {
            if (result.Count > 0 && range.Start <= result[^1].End)
                result[^1] = new LsnRange(result[^1].Start, Lsn.Max(result[^1].End, range.End));
            else
                result.Add(range);
        }

        return result;
    }

    /// <summary>The parts of <paramref name="whole"/> that no range of the normal list <paramref name="covered"/> holds.</summary>
    public static IReadOnlyList<LsnRange> Subtract(LsnRange whole, IReadOnlyList<LsnRange> covered)
    {
        var missing = new List<LsnRange>();
        var position = whole.Start;
        foreach (var range in covered)
        {
            if (range.End <= position)
                continue;
            if (range.Start >= whole.End)
                break;
            if (range.Start > position)
                missing.Add(new LsnRange(position, range.Start));
            position = range.End;
        }

        if (position < whole.End)
            missing.Add(new LsnRange(position, whole.End));
        return missing;
    }

    /// <summary>
    /// The range of a normal list that holds the byte at <paramref name="lsn"/>, or ends there; null where there is none.
    /// </summary>
    public static LsnRange? Reaching(IReadOnlyList<LsnRange> ranges, Lsn lsn)
    {
        foreach (var range in ranges)
        {
            if (range.Start <= lsn && lsn <= range.End)
                return range;
        }

        return null;
    }

    /// <summary>The bytes of <paramref name="range"/> that lie in <paramref name="window"/>; empty where none does.</summary>
    public static LsnRange Clip(LsnRange range, LsnRange window) =>
        new(Lsn.Max(range.Start, window.Start), Lsn.Min(range.End, window.End));
}
