using System.Globalization;

namespace Howdah.Core.Wal;

/// <summary>
/// A timeline number, 1 … 2^32-1. Decimal in messages, eight hexadecimal digits in file names.
/// </summary>
public readonly record struct TimelineId(uint Value) : IComparable<TimelineId>, IComparable
{
    /// <summary>The timeline that initdb creates; it alone has no history file.</summary>
    public static readonly TimelineId First = new(1);

    /// <summary>Name of this timeline's history file, for example <c>0000000A.history</c>.</summary>
    public string HistoryFileName => $"{FileNamePrefix}.history";

    /// <summary>The first eight characters of the names of this timeline's files.</summary>
    public string FileNamePrefix => Value.ToString("X8", CultureInfo.InvariantCulture);

    public static bool operator <(TimelineId left, TimelineId right) => left.Value < right.Value;

    public static bool operator >(TimelineId left, TimelineId right) => left.Value > right.Value;

    public static bool operator <=(TimelineId left, TimelineId right) => left.Value <= right.Value;

    public static bool operator >=(TimelineId left, TimelineId right) => left.Value >= right.Value;

    public int CompareTo(TimelineId other) => Value.CompareTo(other.Value);

    public int CompareTo(object? obj) => obj is TimelineId other ? CompareTo(other) : 1;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
