using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Sql;

namespace Howdah.Postgres.Tests.Sql;

public sealed class SqlRowTests
{
    [Fact]
    public void Values_are_read_by_their_kind()
    {
        var row = SqlRow.Parse("""{ "t": "x", "n": 1.5, "i": 7, "b": true, "lsn": "0/3000060", "none": null, "list": [1, 2] }""");
        Assert.Equal(("x", 1.5, 7, true), (row.Text("t"), row.Number("n"), row.Integer("i"), row.Boolean("b")));
        Assert.Equal(Lsn.Parse("0/3000060"), row.Lsn("lsn"));
        Assert.Equal("[1, 2]", row.Text("list"));
        Assert.Null(row.Text("none"));
        Assert.Null(row.Integer("missing"));
        Assert.True(row.Has("none"));
        Assert.False(row.Has("missing"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("{ \"a\": ")]
    [InlineData("{ \"a\": \"\\ud800\" }")]
    [InlineData("{ \"\\ud800\": 1 }")]
    public void What_is_no_row_is_a_violation_of_the_protocol(string json)
    {
        var exception = Assert.Throws<OperationException>(() => SqlRow.Parse(json));
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains("malformed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_a_row_or_refused() =>
        Gen.String[Gen.Char["{}[]\":,\\u d8tnul01.e-"], 0, 30].Sample(text =>
        {
            try
            {
                SqlRow.Parse(text);
            }
            catch (OperationException exception)
            {
                Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
            }
        });
}
