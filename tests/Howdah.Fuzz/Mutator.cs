using System.Buffers.Binary;

namespace Howdah.Fuzz;

/// <summary>Damages inputs as disks, networks and liars do: bits, bytes, lengths, cuts, repeats, pieces of other inputs.</summary>
internal sealed class Mutator(Random random)
{
    private const int LongestInput = 4 << 20;

    private static readonly long[] Interesting =
        [0, 1, -1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    private static readonly byte[] Marks = "'\"\\=:,;/ \n\r\t#%0-{}[]@*"u8.ToArray();

    /// <summary>A new input out of one example, or two.</summary>
    public byte[] Next(IReadOnlyList<byte[]> examples)
    {
        var bytes = examples[random.Next(examples.Count)].ToArray();
        for (var round = random.Next(1, 6); round > 0; round--) bytes = Change(bytes, examples);
        return bytes;
    }

    private byte[] Change(byte[] bytes, IReadOnlyList<byte[]> examples)
    {
        if (bytes.Length == 0) return [(byte)random.Next(256)];
        var at = random.Next(bytes.Length);
        var count = random.Next(1, Math.Min(bytes.Length - at, 64) + 1);
        switch (random.Next(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                bytes[at] = Marks[random.Next(Marks.Length)];
                return bytes;
            case 3:
                WriteNumber(bytes.AsSpan(at));
                return bytes;
            case 4:
                return bytes[..at];
            case 5:
                return [.. bytes[..at], .. bytes[(at + count)..]];
            case 6:
                return bytes.Length > LongestInput ? bytes : [.. bytes[..(at + count)], .. bytes[at..]];
            default:
                var other = examples[random.Next(examples.Count)];
                var from = random.Next(other.Length + 1);
                return bytes.Length > LongestInput ? bytes : [.. bytes[..at], .. other[from..], .. bytes[at..]];
        }
    }

    private void WriteNumber(Span<byte> place)
    {
        var value = Interesting[random.Next(Interesting.Length)];
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        if (random.Next(2) == 0) BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        else BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        var width = Math.Min(1 << random.Next(4), place.Length);
        (random.Next(2) == 0 ? bytes[..width] : bytes[^width..]).CopyTo(place);
    }
}
