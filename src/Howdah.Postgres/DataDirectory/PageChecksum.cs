using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Howdah.Postgres.DataDirectory;

/// <summary>The checksum of a data page (PostgreSQL 11-18, src/include/storage/checksum_impl.h).</summary>
/// <remarks>
/// An FNV-1a variant over 32 lanes of 32 bits, then folded, mixed with the block number and reduced to 1 … 65535.
/// Zero is therefore never a valid stored checksum. Vectorised; the three paths give the same value.
/// </remarks>
public static class PageChecksum
{
    private const int Lanes = 32;
    private const int Rows = PageHeader.PageBytes / (Lanes * sizeof(uint));
    private const uint Prime = 16777619;

    // The stored checksum is the low half of word 2 and counts as zero.
    private const int ChecksumWord = 2;
    private const uint ChecksumMask = 0xFFFF0000;

    private static readonly uint[] InitialLanes =
    [
        0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C,
        0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB,
        0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
        0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756,
    ];

    /// <summary>The checksum that a page should carry.</summary>
    /// <param name="page">Exactly 8192 bytes; what is stored in its checksum field does not matter.</param>
    /// <param name="block">Absolute block number in the relation fork: segment number × 131072 + block in the file.</param>
    public static ushort Compute(ReadOnlySpan<byte> page, uint block)
    {
        var words = MemoryMarshal.Cast<byte, uint>(page[..PageHeader.PageBytes]);
        uint folded;
        if (Avx2.IsSupported)
            folded = FoldAvx2(words);
        else if (Vector128.IsHardwareAccelerated)
            folded = FoldVector128(words);
        else
            folded = FoldScalar(words);
        return (ushort)(((folded ^ block) % 65535) + 1);
    }

    /// <summary>True where the stored checksum is the computed one.</summary>
    public static bool Matches(ReadOnlySpan<byte> page, uint block) =>
        BinaryPrimitives.ReadUInt16LittleEndian(page[8..]) == Compute(page, block);

    internal static uint FoldScalar(ReadOnlySpan<uint> words)
    {
        Span<uint> lanes = stackalloc uint[Lanes];
        InitialLanes.CopyTo(lanes);
        for (var row = 0; row < Rows; row++)
        {
            for (var lane = 0; lane < Lanes; lane++)
            {
                var word = words[(row * Lanes) + lane];
                lanes[lane] = Mix(lanes[lane], row == 0 && lane == ChecksumWord ? word & ChecksumMask : word);
            }
        }

        uint folded = 0;
        foreach (var lane in lanes)
            folded ^= Mix(Mix(lane, 0), 0);
        return folded;
    }

    internal static uint FoldVector128(ReadOnlySpan<uint> words)
    {
        ref var source = ref MemoryMarshal.GetReference(words);
        ref var initial = ref MemoryMarshal.GetArrayDataReference(InitialLanes);
        var result = Vector128<uint>.Zero;
        // Two passes of four vectors keep all state in registers.
        for (nuint half = 0; half < Lanes; half += 16)
        {
            var a = Vector128.LoadUnsafe(ref initial, half);
            var b = Vector128.LoadUnsafe(ref initial, half + 4);
            var c = Vector128.LoadUnsafe(ref initial, half + 8);
            var d = Vector128.LoadUnsafe(ref initial, half + 12);
            var mask = half == 0 ? Vector128.Create(uint.MaxValue, uint.MaxValue, ChecksumMask, uint.MaxValue) : Vector128<uint>.AllBitsSet;
            for (nuint row = 0; row < Rows; row++)
            {
                var at = (row * Lanes) + half;
                a = Mix(a, Vector128.LoadUnsafe(ref source, at) & mask);
                b = Mix(b, Vector128.LoadUnsafe(ref source, at + 4));
                c = Mix(c, Vector128.LoadUnsafe(ref source, at + 8));
                d = Mix(d, Vector128.LoadUnsafe(ref source, at + 12));
                mask = Vector128<uint>.AllBitsSet;
            }

            result ^= Finish(a) ^ Finish(b) ^ Finish(c) ^ Finish(d);
        }

        return result[0] ^ result[1] ^ result[2] ^ result[3];
    }

    internal static uint FoldAvx2(ReadOnlySpan<uint> words)
    {
        ref var source = ref MemoryMarshal.GetReference(words);
        ref var initial = ref MemoryMarshal.GetArrayDataReference(InitialLanes);
        var prime = Vector256.Create(Prime);
        var a = Vector256.LoadUnsafe(ref initial, 0);
        var b = Vector256.LoadUnsafe(ref initial, 8);
        var c = Vector256.LoadUnsafe(ref initial, 16);
        var d = Vector256.LoadUnsafe(ref initial, 24);
        var first = Vector256.Create(
            uint.MaxValue, uint.MaxValue, ChecksumMask, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue);
        var mask = first;
        for (nuint at = 0; at < Rows * Lanes; at += Lanes)
        {
            a = MixAvx2(a, Avx2.And(Vector256.LoadUnsafe(ref source, at), mask), prime);
            b = MixAvx2(b, Vector256.LoadUnsafe(ref source, at + 8), prime);
            c = MixAvx2(c, Vector256.LoadUnsafe(ref source, at + 16), prime);
            d = MixAvx2(d, Vector256.LoadUnsafe(ref source, at + 24), prime);
            mask = Vector256<uint>.AllBitsSet;
        }

        for (var i = 0; i < 2; i++)
        {
            a = MixAvx2(a, Vector256<uint>.Zero, prime);
            b = MixAvx2(b, Vector256<uint>.Zero, prime);
            c = MixAvx2(c, Vector256<uint>.Zero, prime);
            d = MixAvx2(d, Vector256<uint>.Zero, prime);
        }

        var all = Avx2.Xor(Avx2.Xor(a, b), Avx2.Xor(c, d));
        var half = Sse2.Xor(all.GetLower(), all.GetUpper());
        return half[0] ^ half[1] ^ half[2] ^ half[3];
    }

    private static uint Mix(uint lane, uint word)
    {
        var mixed = lane ^ word;
        return (mixed * Prime) ^ (mixed >> 17);
    }

    private static Vector128<uint> Mix(Vector128<uint> lane, Vector128<uint> word)
    {
        var mixed = lane ^ word;
        return (mixed * Prime) ^ (mixed >>> 17);
    }

    private static Vector128<uint> Finish(Vector128<uint> lane) => Mix(Mix(lane, Vector128<uint>.Zero), Vector128<uint>.Zero);

    private static Vector256<uint> MixAvx2(Vector256<uint> lane, Vector256<uint> word, Vector256<uint> prime)
    {
        var mixed = Avx2.Xor(lane, word);
        return Avx2.Xor(Avx2.MultiplyLow(mixed, prime), Avx2.ShiftRightLogical(mixed, 17));
    }
}
