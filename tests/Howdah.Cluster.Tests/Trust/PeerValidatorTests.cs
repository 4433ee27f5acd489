using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Cluster.Trust;

namespace Howdah.Cluster.Tests.Trust;

public sealed class PeerValidatorTests : IDisposable
{
    private readonly TrustScene _scene = new();
    private readonly PeerValidator _validator;

    public PeerValidatorTests() => _validator = PeerValidator.Open(_scene.Paths);

    public void Dispose()
    {
        _validator.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public void A_host_is_known_by_its_name()
    {
        using var peer = _scene.Certificate("slave.local");
        Assert.Equal(new PeerVerdict("slave.local", PeerRefusal.None, ""), _validator.Check(peer, "slave.local", _scene.Clock));
        Assert.Equal("slave.local", _validator.Check(peer, null, _scene.Clock).HostName);
    }

    [Fact]
    public void Another_host_of_the_cluster_is_not_the_one_expected()
    {
        using var peer = _scene.Certificate("slave.local");
        Refuse(peer, PeerRefusal.OtherHost, "the certificate is for slave.local, not for master.local", "master.local");
    }

    [Fact]
    public void Before_and_after_its_time_a_certificate_is_refused_with_the_date()
    {
        using var peer = _scene.Certificate("slave.local", TimeSpan.FromHours(1));
        _scene.Clock.AdjustTime(TrustScene.Beginning.AddMinutes(-6));
        Refuse(
            peer,
            PeerRefusal.NotYetValid,
            "the certificate of slave.local is not valid before 2026-11-23 08:55:00 UTC, and here it is 2026-11-23 08:54:00 UTC: "
            + "do the clocks differ?");
        _scene.Clock.AdjustTime(TrustScene.Beginning.AddMinutes(-4));
        Assert.True(_validator.Check(peer, null, _scene.Clock).IsAccepted);
        _scene.Clock.AdjustTime(TrustScene.Beginning.AddMinutes(59));
        Assert.True(_validator.Check(peer, null, _scene.Clock).IsAccepted);
        _scene.Clock.AdjustTime(TrustScene.Beginning.AddMinutes(61));
        Refuse(peer, PeerRefusal.Expired, "the certificate of slave.local expired on 2026-11-23 10:00:00 UTC");
    }

    [Fact]
    public void A_revoked_certificate_is_refused_from_the_moment_that_the_list_is_known()
    {
        using var peer = _scene.Certificate("slave.local");
        _validator.Revoked = RevocationList.Empty.Add(new RevokedCertificate(peer.SerialNumber, "slave.local", TrustScene.Beginning));
        Refuse(
            peer,
            PeerRefusal.Revoked,
            $"the certificate of slave.local (serial {peer.SerialNumber.ToLowerInvariant()}) was revoked on 2026-11-23 09:00:00 UTC");
        using var other = _scene.Certificate("master.local");
        Assert.True(_validator.Check(other, null, _scene.Clock).IsAccepted);
    }

    [Fact]
    public void A_validator_that_is_opened_knows_the_revocations_on_disk()
    {
        using var peer = _scene.Certificate("slave.local");
        RevocationList.Extend(
            _scene.Paths, RevocationList.Empty.Add(new RevokedCertificate(peer.SerialNumber, "slave.local", TrustScene.Beginning)));
        using var validator = PeerValidator.Open(_scene.Paths);
        Assert.Equal(PeerRefusal.Revoked, validator.Check(peer, null, _scene.Clock).Refusal);
    }

    [Fact]
    public void Without_a_certificate_there_is_no_host() =>
        Assert.Equal(PeerRefusal.NoCertificate, _validator.Check(null, null, _scene.Clock).Refusal);

    [Fact]
    public void Another_CA_of_the_same_name_is_a_stranger()
    {
        using var stranger = new TrustScene();
        using var peer = stranger.Certificate("slave.local");
        Refuse(peer, PeerRefusal.UnknownAuthority, $"the certificate (SHA-256 {AuthorityCertificate.FingerprintOf(peer)}) "
            + "is not signed by this cluster's CA");
        // What is wrong with a stranger's certificate beyond that is nobody's business.
        _scene.Clock.Advance(TimeSpan.FromDays(400));
        Assert.Equal(PeerRefusal.UnknownAuthority, _validator.Check(peer, null, _scene.Clock).Refusal);
    }

    [Fact]
    public void A_certificate_signed_by_itself_is_a_stranger()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var peer = new CertificateRequest("CN=slave.local", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(TrustScene.Beginning.AddDays(-1), TrustScene.Beginning.AddDays(1));
        Assert.Equal(PeerRefusal.UnknownAuthority, _validator.Check(peer, null, _scene.Clock).Refusal);
    }

    [Fact]
    public void A_host_cannot_sign_for_others()
    {
        using var host = _scene.Certificate("slave.local");
        using var peer = SignedBy(host, "CN=master.local", hostPurpose: true);
        Assert.Equal(PeerRefusal.UnknownAuthority, _validator.Check(peer, null, _scene.Clock).Refusal);
    }

    [Fact]
    public void The_CA_is_no_host()
    {
        using var authority = AuthorityCertificate.Load(_scene.Paths);
        Assert.Equal(PeerRefusal.NotAHost, _validator.Check(authority, null, _scene.Clock).Refusal);
    }

    [Theory]
    [InlineData("CN=slave.local", false)]
    [InlineData("CN=slave.local, O=Example", true)]
    [InlineData("CN=slave.local+O=Example", true)]
    [InlineData("O=slave.local", true)]
    [InlineData("CN=not a host", true)]
    [InlineData("", true)]
    public void A_certificate_of_the_CA_that_is_not_made_for_hosts_is_refused(string subject, bool hostPurpose)
    {
        using var certificate = AuthorityCertificate.Load(_scene.Paths);
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_scene.Paths.CaKey));
        using var authority = certificate.CopyWithPrivateKey(key);
        using var peer = SignedBy(authority, subject, hostPurpose);
        Assert.Equal(PeerRefusal.NotAHost, _validator.Check(peer, null, _scene.Clock).Refusal);
    }

    [Fact]
    public void When_the_CA_has_ended_that_is_what_is_said()
    {
        using var peer = _scene.Certificate("slave.local", TimeSpan.FromDays(5000));
        _scene.Clock.Advance(TimeSpan.FromDays(5000));
        Assert.Contains("expired on 2036-11-23 09:00:00 UTC", _validator.Check(peer, null, _scene.Clock).Reason);
    }

    [Fact]
    public void Many_checks_at_once_do_not_disturb_each_other()
    {
        using var right = _scene.Certificate("slave.local");
        using var stranger = new TrustScene();
        using var wrong = stranger.Certificate("slave.local");
        Parallel.For(0, 200, i => Assert.Equal(
            i % 2 == 0 ? PeerRefusal.None : PeerRefusal.UnknownAuthority,
            _validator.Check(i % 2 == 0 ? right : wrong, null, _scene.Clock).Refusal));
    }

    private void Refuse(X509Certificate2 peer, PeerRefusal refusal, string reason, string? expected = null) =>
        Assert.Equal(new PeerVerdict(null, refusal, reason), _validator.Check(peer, expected, _scene.Clock));

    private static X509Certificate2 SignedBy(X509Certificate2 issuer, string subject, bool hostPurpose)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        string[] purposes = hostPurpose ? ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"] : ["1.3.6.1.5.5.7.3.1"];
        var oids = new OidCollection();
        foreach (var purpose in purposes)
            oids.Add(new Oid(purpose));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, critical: false));
        var generator = X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!);
        return request.Create(
            issuer.SubjectName, generator, TrustScene.Beginning.AddMinutes(-1), TrustScene.Beginning.AddHours(1), [1, 2, 3]);
    }
}
