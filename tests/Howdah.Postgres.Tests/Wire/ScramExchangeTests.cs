using System.Text;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Postgres.Versions;
using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Tests.Wire;

public sealed class ScramExchangeTests
{
    [Fact]
    public void The_proof_and_the_servers_signature_follow_rfc_5802()
    {
        // Computed independently (Python: hashlib.pbkdf2_hmac and hmac) for nonces "rOprNGfwEbeRWgbNEkqO" and
        // "…%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0".
        var exchange = new ScramExchange(new Secret("pencil"), null, couldBind: false, "rOprNGfwEbeRWgbNEkqO");
        Assert.Equal("n,,n=,r=rOprNGfwEbeRWgbNEkqO", Encoding.UTF8.GetString(exchange.ClientFirst()));
        var final = Encoding.UTF8.GetString(
            exchange.ClientFinal("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        Assert.Equal("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=", final);
        exchange.VerifyServerFinal("v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=");
        Assert.True(exchange.IsServerVerified);
    }

    [Theory]
    [InlineData("v=AAAA", "signature is wrong")]
    [InlineData("v=", "signature is wrong")]
    [InlineData("e=invalid-proof", "error \"invalid-proof\"")]
    [InlineData("e=", "error \"\"")]
    public void Anything_but_the_right_signature_is_refused(string serverFinal, string expected)
    {
        var exception = RefuseFinal(serverFinal);
        Assert.Equal(ErrorCodes.AuthenticationFailed, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x", "expected v=… at character 0")]
    [InlineData("", "expected v=… at character 0")]
    [InlineData("v", "expected v=… at character 0")]
    [InlineData("v=?", "is not base64 at character 2")]
    public void A_last_message_that_is_malformed_is_refused_by_its_character(string serverFinal, string expected)
    {
        var exception = RefuseFinal(serverFinal);
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "expected r=… at character 0")]
    [InlineData("r", "expected r=… at character 0")]
    [InlineData("m=x,r=abcdef,s=AAAA,i=1", "expected r=… at character 0")]
    [InlineData("r=abcdef", "expected s=… at character 8")]
    [InlineData("r=abcdef,", "expected s=… at character 9")]
    [InlineData("r=abcdef,i=1,s=AAAA", "expected s=… at character 9")]
    [InlineData("r=abcdef,s=AAAA", "expected i=… at character 15")]
    [InlineData("r=abc,s=AAAA,i=1", "does not extend ours at character 2")]
    [InlineData("r=abcdef,s=A,i=1", "the salt is not base64 at character 11")]
    [InlineData("r=abcdef,s=AAAA,i=", "is not a number from 1 to 1000000 at character 18")]
    [InlineData("r=abcdef,s=AAAA,i=1000001", "is not a number from 1 to 1000000 at character 18")]
    [InlineData("r=abcdef,s=AAAA,i=-1", "is not a number from 1 to 1000000 at character 18")]
    public void A_malformed_challenge_is_refused_by_its_character(string serverFirst, string expected)
    {
        var exchange = new ScramExchange(new Secret("pencil"), null, couldBind: false, "abc");
        var exception = Assert.Throws<OperationException>(() => exchange.ClientFinal(serverFirst));
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_challenge_is_refused()
    {
        var exchange = new ScramExchange(new Secret("pencil"), null, couldBind: false, "abc");
        exchange.ClientFinal("r=abcdef,s=AAAA,i=1");
        var exception = Assert.Throws<OperationException>(() => exchange.ClientFinal("r=abcxyz,s=BBBB,i=1"));
        Assert.Contains("a second challenge", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_in_place_of_a_message_is_refused() =>
        Gen.String[Gen.Char["rsive=,abc01+/= \0é"], 0, 40].Sample(text =>
        {
            var exchange = new ScramExchange(new Secret("pencil"), null, couldBind: false, "not to be guessed");
            Assert.Equal(ErrorCodes.ProtocolViolation, Assert.Throws<OperationException>(() => exchange.ClientFinal(text)).Code);
            RefuseFinal(text);
        });

    private static OperationException RefuseFinal(string serverFinal)
    {
        var exchange = new ScramExchange(new Secret("pencil"), null, couldBind: false, "abc");
        exchange.ClientFinal("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1");
        var exception = Assert.Throws<OperationException>(() => exchange.VerifyServerFinal(serverFinal));
        Assert.False(exchange.IsServerVerified);
        return exception;
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\u00A0b", "a b")]
    [InlineData("I\u00ADX", "IX")]
    [InlineData("päss", "päss")]
    [InlineData("tab\tis prohibited\u00A0", "tab\tis prohibited\u00A0")]
    [InlineData("\u00AD", "\u00AD")]
    public void Passwords_are_prepared(string password, string expected) => Assert.Equal(expected, SaslPrep.Prepare(password));

    [Theory]
    [InlineData("15.18 (Debian 15.18-0+deb12u1)", 150018)]
    [InlineData("18.4", 180004)]
    [InlineData("18beta2", 180000)]
    [InlineData("17", 170000)]
    public void Version_texts_are_read(string text, int number) => Assert.Equal(new PostgresVersion(number), ServerVersionText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("EnterpriseDB")]
    [InlineData("0.1")]
    public void Other_version_texts_are_refused(string text) => Assert.Throws<OperationException>(() => ServerVersionText.Parse(text));
}
