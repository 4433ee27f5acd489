using CsCheck;
using Howdah.Core.Units;

namespace Howdah.Core.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("512B", 512)]
    [InlineData("8kB", 8192)]
    [InlineData("64MiB", 64L << 20)]
    [InlineData("64 MB", 64L << 20)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("2TB", 2L << 40)]
    public void Sizes_with_units_are_read(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var size));
        Assert.Equal(bytes, size.Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("64")]
    [InlineData("-1MiB")]
    [InlineData("79228162514264337593543950335PiB")]
    [InlineData("64 elephants")]
    [InlineData("1.2.3MiB")]
    [InlineData("99999999PiB")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Fact]
    public void Whole_units_round_trip() =>
        Gen.Select(Gen.Long[1, 1023], Gen.Int[0, 4]).Sample((count, power) =>
        {
            var size = new ByteSize(count << (10 * power));
            Assert.True(ByteSize.TryParse(size.ToString(), out var parsed));
            Assert.Equal(size, parsed);
        });
}
