using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Storage;

namespace Howdah.Cluster.Tests.Trust;

public sealed class TokenStoreTests : IDisposable
{
    private readonly TrustScene _scene = new();
    private readonly TokenStore _store;

    public TokenStoreTests() => _store = new TokenStore(_scene.Paths);

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_token_works_once()
    {
        var token = Issue("slave.local");
        Redeem(token);
        _scene.Clock.Advance(TimeSpan.FromMinutes(3));
        var exception = Refuse(ErrorCodes.TokenUsed, token);
        Assert.Equal("redeeming the join token: it was used at 2026-11-23 09:00:00 UTC", exception.Message);
        // Also for a process that starts now, and after its end.
        _scene.Clock.Advance(TimeSpan.FromHours(3));
        TrustScene.Refused(
            ErrorCodes.TokenUsed, () => new TokenStore(_scene.Paths).Redeem(token.Secret, token.Host, _scene.Clock));
    }

    [Fact]
    public void Of_eight_threads_with_one_token_one_succeeds()
    {
        for (var round = 0; round < 5; round++)
        {
            var token = Issue("slave.local");
            using var start = new Barrier(8);
            var outcomes = new string[8];
            var threads = Enumerable.Range(0, 8).Select(i => new Thread(() => outcomes[i] = Outcome(start, token))).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
            Assert.Equal(["joined", .. Enumerable.Repeat("token-used", 7)], outcomes.Order());
        }
    }

    [Fact]
    public async Task A_call_waits_for_the_one_before_it()
    {
        var token = Issue("slave.local");
        using var held = FileLock.TryAcquire(_scene.Paths.Lock);
        var waiting = Task.Run(() => Redeem(token));
        Assert.DoesNotContain("usedAt\": \"", File.ReadAllText(_scene.Paths.Tokens));
        held!.Dispose();
        await waiting;
    }

    [Fact]
    public void A_lock_that_is_kept_is_an_error_after_a_while()
    {
        using var held = FileLock.TryAcquire(_scene.Paths.Lock);
        TrustScene.Refused(
            ErrorCodes.Locked, () => TrustFiles.Acquire(_scene.Paths, "testing", TimeSpan.FromMilliseconds(20)).Dispose());
    }

    [Fact]
    public void The_use_is_on_disk_when_the_call_returns()
    {
        var token = Issue("slave.local");
        var unused = File.ReadAllText(_scene.Paths.Tokens);
        Redeem(token);
        Assert.NotEqual(unused, File.ReadAllText(_scene.Paths.Tokens));
        Assert.Contains("\"usedAt\": \"2026-11-23T09:00:00+00:00\"", File.ReadAllText(_scene.Paths.Tokens));
    }

    [Fact]
    public void An_expired_token_does_not_work_and_is_not_used_up_by_trying()
    {
        var token = Issue("slave.local");
        _scene.Clock.Advance(TokenStore.DefaultLifetime);
        Assert.Contains("expired at 2026-11-23 10:00:00 UTC", Refuse(ErrorCodes.TokenExpired, token).Message);
        Refuse(ErrorCodes.TokenExpired, token);
    }

    [Fact]
    public void A_token_works_for_its_host_only_and_stays_good_for_it()
    {
        var token = Issue("slave.local");
        TrustScene.Refused(ErrorCodes.TokenForOtherHost, () => _store.Redeem(token.Secret, "backup.local", _scene.Clock));
        TrustScene.Refused(ErrorCodes.TokenForOtherHost, () => _store.Redeem(token.Secret, "SLAVE.local", _scene.Clock));
        Redeem(token);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("\ud800")]
    public void A_secret_that_was_not_issued_is_unknown(string secret)
    {
        Issue("slave.local");
        TrustScene.Refused(ErrorCodes.TokenUnknown, () => _store.Redeem(new Secret(secret), "slave.local", _scene.Clock));
    }

    [Fact]
    public void The_file_holds_no_secret_and_is_for_its_owner_alone()
    {
        var token = Issue("slave.local");
        Assert.DoesNotContain(token.Secret.Reveal(), File.ReadAllText(_scene.Paths.Tokens));
        Assert.Equal(AtomicFile.OwnerOnly, File.GetUnixFileMode(_scene.Paths.Tokens));
    }

    [Fact]
    public void Errors_hold_no_secret()
    {
        var token = Issue("slave.local");
        Redeem(token);
        Assert.DoesNotContain(token.Secret.Reveal(), Refuse(ErrorCodes.TokenUsed, token).ToString());
    }

    [Fact]
    public void After_thirty_days_an_ended_token_is_forgotten()
    {
        var (used, expired) = (Issue("slave.local"), Issue("backup.local"));
        Redeem(used);
        _scene.Clock.Advance(TimeSpan.FromDays(30));
        Issue("other");
        Refuse(ErrorCodes.TokenUsed, used);
        Refuse(ErrorCodes.TokenExpired, expired);
        _scene.Clock.Advance(TimeSpan.FromHours(1));
        Issue("another");
        Refuse(ErrorCodes.TokenUnknown, used);
        Refuse(ErrorCodes.TokenUnknown, expired);
    }

    [Fact]
    public void A_hundred_tokens_may_wait_and_no_more()
    {
        for (var i = 0; i < TokenStore.MaxLive - 1; i++)
            Issue($"host{i}");
        var last = Issue("last");
        TrustScene.Refused(ErrorCodes.TrustLimitReached, () => Issue("more"));
        Redeem(last);
        Issue("more");
        TrustScene.Refused(ErrorCodes.TrustLimitReached, () => Issue("again"));
        _scene.Clock.Advance(TokenStore.DefaultLifetime);
        Issue("again");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(8 * 24)]
    public void A_token_is_good_for_a_while_and_not_for_long(int hours) =>
        TrustScene.Refused(
            ErrorCodes.UsageInvalid, () => _store.Issue("slave.local", TimeSpan.FromHours(hours), _scene.Clock));

    [Fact]
    public void A_host_without_the_CA_issues_none() => TrustScene.Refused(
        ErrorCodes.AuthorityMissing,
        () => new TokenStore(_scene.Host("none")).Issue("slave.local", TokenStore.DefaultLifetime, _scene.Clock));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"format":2,"tokens":[]}""")]
    [InlineData("""{"format":1,"tokens":[null]}""")]
    [InlineData("""{"format":1,"tokens":[{"secretSha256":"a","host":"x","expiresAt":"2026-11-23T09:00:00+00:00"}]}""")]
    [InlineData("""{"format":1,"tokens":[{"secretSha256":"a","host":null,"expiresAt":"2026-11-23T09:00:00+00:00"}]}""")]
    public void A_file_that_cannot_be_read_lets_nobody_in(string json)
    {
        var token = Issue("slave.local");
        File.WriteAllText(_scene.Paths.Tokens, json);
        Refuse(ErrorCodes.TrustFileInvalid, token);
        TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => Issue("slave.local"));
    }

    private string Outcome(Barrier start, JoinToken token)
    {
        start.SignalAndWait();
        try
        {
            Redeem(token);
            return "joined";
        }
        catch (OperationException exception)
        {
            return exception.Code.Name;
        }
    }

    private JoinToken Issue(string host) => _store.Issue(host, TokenStore.DefaultLifetime, _scene.Clock);

    private void Redeem(JoinToken token) => _store.Redeem(token.Secret, token.Host, _scene.Clock);

    private OperationException Refuse(ErrorCode code, JoinToken token) => TrustScene.Refused(code, () => Redeem(token));
}
