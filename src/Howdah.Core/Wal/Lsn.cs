using System.Globalization;

namespace Howdah.Core.Wal;

/// <summary>
/// A log sequence number: a byte position in the write-ahead log, counted from the beginning of the system's history.
/// Positions that Howdah reports are "last byte + 1".
/// </summary>
/// <remarks>Text form <c>%X/%X</c>, high and low 32 bits (PostgreSQL 11-18, src/include/access/xlogdefs.h, LSN_FORMAT_ARGS).</remarks>
/// <param name="Value">The position in bytes, 0 … 2^64-1; 0 means "none".</param>
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>, IComparable
{
    /// <summary>No position (PostgreSQL's InvalidXLogRecPtr, "0/0").</summary>
    public static readonly Lsn None;

    /// <summary>True for <see cref="None"/>.</summary>
    public bool IsNone => Value == 0;

    public static Lsn operator +(Lsn left, ulong bytes) => new(checked(left.Value + bytes));

    public static ulong operator -(Lsn left, Lsn right) => checked(left.Value - right.Value);

    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;

    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;

    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;

    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;

    public static Lsn Min(Lsn left, Lsn right) => left < right ? left : right;

    public static Lsn Max(Lsn left, Lsn right) => left > right ? left : right;

    /// <summary>Bytes from <paramref name="earlier"/> to this position; 0 where this position is not after it.</summary>
    public ulong BytesSince(Lsn earlier) => this > earlier ? Value - earlier.Value : 0;

    /// <summary>Reads <c>X/X</c>; each half is 1-8 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Lsn lsn)
    {
        lsn = None;
        var slash = text.IndexOf('/');
        if (slash < 0 || !TryParseHalf(text[..slash], out var high) || !TryParseHalf(text[(slash + 1)..], out var low))
            return false;
        lsn = new Lsn(((ulong)high << 32) | low);
        return true;
    }

    /// <summary>Reads <c>X/X</c>.</summary>
    /// <exception cref="FormatException">The text is not an LSN.</exception>
    public static Lsn Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var lsn) ? lsn : throw new FormatException($"'{text}' is not an LSN such as 0/3000060");

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    public int CompareTo(object? obj) => obj is Lsn other ? CompareTo(other) : 1;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{Value & 0xFFFFFFFF:X}");

    private static bool TryParseHalf(ReadOnlySpan<char> text, out uint half)
    {
        half = 0;
        return text.Length is >= 1 and <= 8
            && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out half);
    }
}
