using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Tests.Trust;

public sealed class JoinTokenTests : IDisposable
{
    private const string Secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_";
    private const string Fingerprint = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private readonly TrustScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("slave")]
    [InlineData("slave.local")]
    [InlineData("a.b-c.d_e.example.org")]
    public void A_token_comes_back_as_it_was_issued(string host)
    {
        var token = new TokenStore(_scene.Paths).Issue(host, TokenStore.DefaultLifetime, _scene.Clock);
        var parsed = JoinToken.Parse($"  {token.Reveal()}\n");
        Assert.Equal(host, parsed.Host);
        Assert.Equal(token.Secret.Reveal(), parsed.Secret.Reveal());
        Assert.Equal("master", parsed.Issuer);
        Assert.Equal(_scene.Authority.Fingerprint, parsed.AuthorityFingerprint);
        Assert.Matches($"^howdah1\\.{host}\\.[A-Za-z0-9_-]{{43}}\\.[0-9a-f]{{64}}@master$", token.Reveal());
    }

    [Fact]
    public void A_token_shows_its_secret_only_when_asked()
    {
        var token = JoinToken.Parse($"howdah1.slave.{Secret}.{Fingerprint}@master");
        Assert.Equal($"howdah1.slave.***.{Fingerprint}@master", token.ToString());
    }

    [Theory]
    [InlineData("", "does not begin with 'howdah1.'")]
    [InlineData("howdah2.slave." + Secret + "." + Fingerprint + "@master", "does not begin with 'howdah1.'")]
    [InlineData("howdah1", "a part is missing")]
    [InlineData("howdah1.slave." + Secret, "a part is missing")]
    [InlineData("howdah1.slave." + Secret + "." + Fingerprint, "a part is missing")]
    [InlineData("howdah1.slave." + Secret + "." + Fingerprint + "@", "a host name has 1 to 63 characters")]
    [InlineData("howdah1.slave." + Secret + "." + Fingerprint + "@a b", "a host name holds only")]
    [InlineData("howdah1.." + Secret + "." + Fingerprint + "@master", "a host name has 1 to 63 characters")]
    [InlineData("howdah1.a b." + Secret + "." + Fingerprint + "@master", "a host name holds only")]
    [InlineData("howdah1.slave." + Secret + "A." + Fingerprint + "@master", "its secret is not 43 characters")]
    [InlineData("howdah1.slave.+" + Secret + "." + Fingerprint + "@master", "its secret is not 43 characters")]
    [InlineData("howdah1.slave." + Secret + "." + Fingerprint + "0@master", "its fingerprint is not 64")]
    [InlineData("howdah1.slave." + Secret + ".0123456789ABCDEF@master", "its fingerprint is not 64")]
    [InlineData("howdah1.slave." + Secret + ".@master", "its fingerprint is not 64")]
    public void What_is_wrong_with_a_token_is_said_without_quoting_it(string text, string seen)
    {
        var exception = TrustScene.Refused(ErrorCodes.TokenInvalid, () => JoinToken.Parse(text));
        Assert.Contains(seen, exception.Message);
        Assert.DoesNotContain(Secret, exception.ToString());
        Assert.NotNull(exception.Hint);
    }

    [Fact]
    public void Any_text_is_a_token_or_an_error()
    {
        var valid = $"howdah1.slave.local.{Secret}.{Fingerprint}@master";
        var random = new Random(7);
        for (var i = 0; i < 5000; i++)
        {
            var text = valid[..random.Next(valid.Length + 1)].ToCharArray();
            for (var changes = random.Next(4); changes > 0 && text.Length > 0; changes--)
                text[random.Next(text.Length)] = (char)random.Next(i % 2 == 0 ? 128 : 0x10000);
            try
            {
                JoinToken.Parse(new string(text));
            }
            catch (OperationException exception)
            {
                Assert.Equal(ErrorCodes.TokenInvalid, exception.Code);
            }
        }

        TrustScene.Refused(ErrorCodes.TokenInvalid, () => JoinToken.Parse(new string('a', 100_000)));
    }
}
