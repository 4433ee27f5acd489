using System.Text;
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
    [InlineData("v=AAAA")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("e=invalid-proof")]
    public void Anything_but_the_right_signature_is_refused(string serverFinal)
    {
        var exchange = new ScramExchange(new Secret("pencil"), null, couldBind: false, "abc");
        exchange.ClientFinal("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1");
        var exception = Assert.Throws<OperationException>(() => exchange.VerifyServerFinal(serverFinal));
        Assert.Equal(ErrorCodes.AuthenticationFailed, exception.Code);
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
