using System.Buffers.Binary;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Postgres.Tests.DataDirectory;

public sealed class ControlFileTests
{
    [Theory]
    [InlineData(0, 292)]
    [InlineData(1002, 288)]
    [InlineData(1900, 292)]
    public void An_unknown_version_is_refused_even_with_a_good_checksum(int version, int crcOffset)
    {
        var e = Assert.Throws<OperationException>(() => ControlFile.Parse(Make(version, crcOffset)));
        Assert.Equal(ErrorCodes.FileFormatInvalid, e.Code);
        Assert.Contains($"version {version}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1100, 280)]
    [InlineData(1201, 288)]
    [InlineData(1300, 288)]
    [InlineData(1700, 288)]
    [InlineData(1800, 292)]
    public void Every_bit_before_the_checksum_counts(int version, int crcOffset)
    {
        Assert.Equal(version, ControlFile.Parse(Make(version, crcOffset)).ControlVersion);
        for (var at = 0; at < crcOffset + 4; at++)
        {
            var damaged = Make(version, crcOffset);
            damaged[at] ^= 0x04;
            Assert.Throws<OperationException>(() => ControlFile.Parse(damaged));
        }
    }

    [Fact]
    public void Truncated_and_random_bytes_are_refused() =>
        Gen.Byte.Array[0, ControlFile.FileBytes].Sample(
            bytes => Assert.Throws<OperationException>(() => ControlFile.Parse(bytes)), iter: 100);

    private static byte[] Make(int version, int crcOffset)
    {
        var shift = version == 1100 ? 0 : 8;
        var content = new byte[ControlFile.FileBytes];
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(8), version);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(208 + shift), 8192);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(212 + shift), 131072);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(216 + shift), 8192);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(220 + shift), 16 << 20);
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(crcOffset), Crc32C.Compute(content.AsSpan(0, crcOffset)));
        return content;
    }
}
