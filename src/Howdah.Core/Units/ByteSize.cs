using System.Buffers;
using System.Globalization;

namespace Howdah.Core.Units;

/// <summary>A number of bytes, written with binary units: <c>64MiB</c>, <c>1.5GiB</c>, <c>512B</c>.</summary>
/// <param name="Bytes">0 … 2^63-1.</param>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    public static ByteSize FromMiB(long mebibytes) => new(checked(mebibytes << 20));

    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;

    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;

    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;

    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;

    /// <summary>
    /// Reads a number and a unit (B, KiB, MiB, GiB, TiB, PiB; also PostgreSQL's kB, MB, GB, TB, which mean the same powers of 1024).
    /// A unit is required unless the number is 0.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ByteSize size)
    {
        size = default;
        text = text.Trim();
        var split = text.IndexOfAnyExcept(Digits);
        var number = split < 0 ? text : text[..split];
        var unit = split < 0 ? [] : text[split..].Trim();
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
            return false;
        if (unit.IsEmpty)
            return value == 0;
        var power = PowerOf(unit);
        if (power < 0 || value > long.MaxValue / Scale(power))
            return false;
        size = new ByteSize((long)(value * Scale(power)));
        return true;
    }

    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>The largest unit that keeps the number at or above 1, one decimal at most: <c>58.4MiB</c>.</summary>
    public override string ToString()
    {
        var power = 0;
        while (power < Units.Length - 1 && Bytes >= Scale(power + 1))
            power++;
        return string.Create(CultureInfo.InvariantCulture, $"{Bytes / Scale(power):0.#}{Units[power]}");
    }

    private static int PowerOf(ReadOnlySpan<char> unit)
    {
        for (var power = 0; power < Units.Length; power++)
        {
            if (unit.Equals(Units[power], StringComparison.OrdinalIgnoreCase)
                || (power > 0 && unit.Length == 2 && unit[1] == 'B' && char.ToUpperInvariant(unit[0]) == Units[power][0]))
            {
                return power;
            }
        }

        return -1;
    }

    private static decimal Scale(int power) => 1L << (10 * power);
}
