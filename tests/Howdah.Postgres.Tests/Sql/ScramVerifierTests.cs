using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Postgres.Sql;

namespace Howdah.Postgres.Tests.Sql;

public sealed class ScramVerifierTests
{
    [Fact]
    public void The_verifier_is_the_one_of_RFC_7677()
    {
        // RFC 7677 section 3: user "user", password "pencil", its salt; keys derived with an independent implementation.
        var verifier = ScramVerifier.Create(new Secret("pencil"), Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
        Assert.Equal(
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
            verifier);
    }

    [Fact]
    public void A_verifier_matches_its_password_and_no_other()
    {
        var verifier = ScramVerifier.Create(new Secret("one"));
        Assert.True(ScramVerifier.Matches(verifier, new Secret("one")));
        Assert.False(ScramVerifier.Matches(verifier, new Secret("two")));
        Assert.False(ScramVerifier.Matches("md5abc", new Secret("one")));
        Assert.False(ScramVerifier.Matches("SCRAM-SHA-256$x", new Secret("one")));
        // One that would take minutes to try.
        Assert.False(ScramVerifier.Matches($"SCRAM-SHA-256$2147483647:{verifier.Split(':', 2)[1]}", new Secret("one")));
        Assert.NotEqual(verifier, ScramVerifier.Create(new Secret("one")));
    }

    [Fact]
    public void A_password_that_would_need_normalising_is_refused() =>
        Assert.Throws<OperationException>(() => ScramVerifier.Create(new Secret("pässword")));

    [Fact]
    public void Names_and_strings_are_quoted()
    {
        Assert.Equal("\"a\"\"b\"", SqlText.Identifier("a\"b"));
        Assert.Equal("'it''s'", SqlText.Literal("it's"));
        Assert.Equal(" E'a\\\\b'", SqlText.Literal("a\\b"));
        Assert.Throws<ArgumentException>(() => SqlText.Identifier(new string('x', 64)));
        Gen.String.Where(text => !text.Contains('\0', StringComparison.Ordinal)).Sample(
            text => Assert.EndsWith("'", SqlText.Literal(text), StringComparison.Ordinal));
    }
}
