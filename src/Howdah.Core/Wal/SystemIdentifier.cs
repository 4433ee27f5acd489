using System.Globalization;

namespace Howdah.Core.Wal;

/// <summary>
/// The 64-bit number that initdb gives a database system; equal on a primary, its standbys and every copy of them.
/// Larger than 2^53: never read it as a floating-point number.
/// </summary>
public readonly record struct SystemIdentifier(ulong Value)
{
    public static SystemIdentifier Parse(ReadOnlySpan<char> text) =>
        new(ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture));

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
