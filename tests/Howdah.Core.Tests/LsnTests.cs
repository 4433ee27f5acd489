using CsCheck;
using Howdah.Core.Wal;

namespace Howdah.Core.Tests;

public sealed class LsnTests
{
    [Fact]
    public void Text_form_round_trips() =>
        Gen.ULong.Sample(value => Assert.Equal(new Lsn(value), Lsn.Parse(new Lsn(value).ToString())));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("/")]
    [InlineData("0/")]
    [InlineData("0/123456789")]
    [InlineData("0/-1")]
    [InlineData(" 0/1")]
    [InlineData("0/G")]
    public void Malformed_text_is_refused(string text) => Assert.False(Lsn.TryParse(text, out _));
}
