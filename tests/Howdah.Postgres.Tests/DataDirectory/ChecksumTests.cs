using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using CsCheck;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Postgres.Tests.DataDirectory;

public sealed class ChecksumTests
{
    [Fact]
    public void Crc32c_of_the_check_string_is_the_published_one() => Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));

    [Fact]
    public void Crc32c_in_lanes_equals_crc32c_byte_by_byte_however_the_input_is_cut() =>
        Gen.Select(Gen.Byte.Array[0, 40_000], Gen.Double[0, 1]).Sample((bytes, place) =>
        {
            var slow = Crc32C.Start;
            foreach (var value in bytes)
                slow = BitOperations.Crc32C(slow, value);
            var cut = (int)(place * bytes.Length);
            Assert.Equal(
                Crc32C.Finish(slow), Crc32C.Finish(Crc32C.Append(Crc32C.Append(Crc32C.Start, bytes.AsSpan(0, cut)), bytes.AsSpan(cut))));
        }, iter: 200);

    [Fact]
    public void All_ways_to_compute_a_page_checksum_agree() => Gen.Byte.Array[PageHeader.PageBytes].Sample(page =>
    {
        var words = MemoryMarshal.Cast<byte, uint>(page);
        var scalar = PageChecksum.FoldScalar(words);
        Assert.Equal(scalar, PageChecksum.FoldVector128(words));
        if (Avx2.IsSupported)
            Assert.Equal(scalar, PageChecksum.FoldAvx2(words));
    }, iter: 200);

    [Fact]
    public void A_page_checksum_ignores_what_is_stored_and_depends_on_the_block()
    {
        var page = new byte[PageHeader.PageBytes];
        new Random(1).NextBytes(page);
        var checksum = PageChecksum.Compute(page, 7);
        page[8] ^= 0xFF;
        page[9] ^= 0xFF;
        Assert.Equal(checksum, PageChecksum.Compute(page, 7));
        Assert.NotEqual(checksum, PageChecksum.Compute(page, 8));
        page[10] ^= 1;
        Assert.NotEqual(checksum, PageChecksum.Compute(page, 7));
    }
}
