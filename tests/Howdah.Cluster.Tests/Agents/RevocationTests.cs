using Howdah.Cluster.Agents;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Tests.Agents;

/// <summary>A host that is not to be trusted any more, and comes back.</summary>
public sealed class RevocationTests : IDisposable
{
    private readonly AgentHosts _hosts = new();

    public void Dispose() => _hosts.Dispose();

    [Fact]
    public async Task Every_certificate_that_a_host_was_given_is_revoked_and_no_other()
    {
        var first = _hosts.CertificateOf("slave").Serial;
        await RenewAsync("slave");
        var second = _hosts.CertificateOf("slave").Serial;

        Revoke("slave");

        var list = RevocationList.Load(_hosts.ModelOf("master").Paths.Trust);
        Assert.Equal(new[] { first, second }.Order(), list.Entries.Select(entry => entry.Serial).Order());
        Assert.All(list.Entries, entry => Assert.Equal("slave", entry.Host));
        var offered = _hosts.Members.Current().Revoked!;
        Assert.Contains(second, offered, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_that_was_revoked_and_let_in_again_is_trusted_and_its_old_certificate_is_not()
    {
        using var old = HostKeyPair.Load(_hosts.ModelOf("slave").Paths.Trust);
        Revoke("slave");
        var trust = _hosts.ModelOf("slave").Paths.Trust;
        HostKeyPair.Install(trust, _hosts.Admit("slave", HostKeyPair.CreateRequest(trust, "slave")).Certificate, _hosts.Clock);
        using var now = HostKeyPair.Load(trust);

        using var validator = PeerValidator.Open(_hosts.ModelOf("master").Paths.Trust);

        Assert.Equal(PeerRefusal.Revoked, validator.Check(old, "slave", _hosts.Clock).Refusal);
        Assert.True(validator.Check(now, "slave", _hosts.Clock).IsAccepted);
    }

    [Fact]
    public void A_join_token_that_the_host_has_not_used_ends_with_its_certificates()
    {
        var tokens = new TokenStore(_hosts.ModelOf("master").Paths.Trust);
        var unused = tokens.Issue("slave", TokenStore.DefaultLifetime, _hosts.Clock);
        var another = tokens.Issue("backup", TokenStore.DefaultLifetime, _hosts.Clock);

        Revoke("slave");

        var refused = Assert.Throws<OperationException>(() => tokens.Redeem(unused.Secret, "slave", _hosts.Clock));
        Assert.Equal(ErrorCodes.TokenExpired, refused.Code);
        tokens.Redeem(another.Secret, "backup", _hosts.Clock);
    }

    /// <summary>A host that was away during a revocation may be told anything by the revoked one, or be the one that a person applies
    /// on.</summary>
    [Fact]
    public void A_revision_from_where_the_revocation_is_not_known_undoes_neither_it_nor_its_passwords()
    {
        Revoke("slave");
        var ours = _hosts.Members.Current();
        var offered = ours with
        {
            Revision = 7,
            Revoked = null,
            Text = "another",
            Passwords = new Dictionary<string, string>(StringComparer.Ordinal) { ["barman"] = "known to the revoked" },
        };

        var taken = _hosts.Members.Guard(offered);

        Assert.Equal((8, "another"), (taken.Revision, taken.Text));
        Assert.Null(taken.Passwords);
        Assert.StartsWith("revocation-", taken.Origin, StringComparison.Ordinal);
        var known = offered with { Revoked = ours.Revoked };
        Assert.Same(known, _hosts.Members.Guard(known));
    }

    [Fact]
    public void So_many_revisions_nobody_has_made()
    {
        var offered = _hosts.Members.Current() with { Revision = long.MaxValue };
        var refused = Assert.Throws<OperationException>(() => _hosts.Members.Guard(offered));
        Assert.Equal(ErrorCodes.Refused, refused.Code);
    }

    [Fact]
    public void Done_again_it_keeps_the_time_of_the_first()
    {
        Revoke("slave");
        _hosts.Clock.Advance(TimeSpan.FromDays(1));
        Revoke("slave");
        Assert.Equal(AgentHosts.Beginning, Assert.Single(RevocationList.Load(_hosts.ModelOf("master").Paths.Trust).Entries).RevokedAt);
    }

    [Fact]
    public void The_host_that_signs_is_not_revoked() =>
        Assert.Contains("that is this host", Refused(ErrorCodes.Refused, "master").Message, StringComparison.Ordinal);

    [Fact]
    public void A_host_that_nothing_was_signed_for_is_a_slip_and_told_so()
    {
        Assert.Contains("master, slave, backup", Refused(ErrorCodes.NodeNotFound, "salve").Hint, StringComparison.Ordinal);
        _hosts.Clock.Advance(TimeSpan.FromDays(366));
        Refused(ErrorCodes.NodeNotFound, "slave");
    }

    [Fact]
    public void Only_the_host_with_the_key_revokes()
    {
        var elsewhere = new Membership(_hosts.ModelOf("slave").Paths, _hosts.Clock);
        var failure = Assert.Throws<OperationException>(() => elsewhere.FindRevocable(_hosts.ModelOf("slave"), "backup"));
        Assert.Equal(ErrorCodes.AuthorityMissing, failure.Code);
    }

    [Fact]
    public void Only_the_host_with_the_key_issues_tokens()
    {
        var elsewhere = new Membership(_hosts.ModelOf("slave").Paths, _hosts.Clock);
        var failure = Assert.Throws<OperationException>(
            () => elsewhere.IssueToken(_hosts.ModelOf("slave"), "backup", TimeSpan.FromHours(1)));
        Assert.Equal(ErrorCodes.AuthorityMissing, failure.Code);
    }

    private void Revoke(string host) => _hosts.Members.Revoke(_hosts.ModelOf("master"), host);

    private OperationException Refused(ErrorCode code, string host)
    {
        var failure = Assert.Throws<OperationException>(() => _hosts.Members.FindRevocable(_hosts.ModelOf("master"), host));
        Assert.Equal(code, failure.Code);
        return failure;
    }

    private Task<HostCertificate> RenewAsync(string host) =>
        new CertificateRenewal(_hosts.ModelOf(host), host, _hosts, _hosts.Clock).RunAsync(TestContext.Current.CancellationToken);
}
