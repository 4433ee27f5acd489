using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Tests.Trust;

public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly TrustScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void The_CA_certificate_is_what_openssl_expects_of_one()
    {
        var text = TrustScene.OpenSsl("x509", "-in", _scene.Paths.CaCertificate, "-noout", "-text");
        Assert.Contains("Subject: CN = Howdah CA demo", text);
        Assert.Contains("Issuer: CN = Howdah CA demo", text);
        Assert.Contains("ASN1 OID: prime256v1", text);
        Assert.Contains("Not Before: Nov 23 08:55:00 2026 GMT", text);
        Assert.Contains("Not After : Nov 23 09:00:00 2036 GMT", text);
        Assert.Matches(@"Basic Constraints: critical\s+CA:TRUE, pathlen:0\s", text);
        Assert.Matches(@"Key Usage: critical\s+Certificate Sign, CRL Sign\s", text);
        Assert.Contains("X509v3 Subject Key Identifier", text);
        Assert.Matches(
            $"^sha256 Fingerprint={Convert.ToHexString(Convert.FromHexString(_scene.Authority.Fingerprint))}\\s*$",
            TrustScene.OpenSsl("x509", "-in", _scene.Paths.CaCertificate, "-noout", "-fingerprint", "-sha256").Replace(":", ""));
    }

    [Fact]
    public void Only_the_certificate_is_for_everyone_to_read()
    {
        Assert.Equal("644", Mode(_scene.Paths.CaCertificate));
        Assert.Equal("600", Mode(_scene.Paths.CaKey));
    }

    [Fact]
    public void A_CA_that_exists_is_not_replaced()
    {
        var before = (File.ReadAllText(_scene.Paths.CaCertificate), File.ReadAllText(_scene.Paths.CaKey));
        TrustScene.Refused(
            ErrorCodes.AuthorityExists, () => CertificateAuthority.Create(_scene.Paths, "other", _scene.Clock));
        Assert.Equal(before, (File.ReadAllText(_scene.Paths.CaCertificate), File.ReadAllText(_scene.Paths.CaKey)));
    }

    [Fact]
    public void A_joined_host_cannot_become_a_CA()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        TrustScene.Refused(ErrorCodes.AuthorityExists, () => CertificateAuthority.Create(paths, "other", _scene.Clock));
        Assert.False(File.Exists(paths.CaKey));
        TrustScene.Refused(ErrorCodes.AuthorityMissing, () => CertificateAuthority.Open(paths));
    }

    [Fact]
    public void Creation_that_was_killed_after_the_key_goes_on_with_that_key()
    {
        File.Delete(_scene.Paths.CaCertificate);
        var key = File.ReadAllText(_scene.Paths.CaKey);
        using var authority = CertificateAuthority.Create(_scene.Paths, "demo", _scene.Clock);
        Assert.Equal(key, File.ReadAllText(_scene.Paths.CaKey));
        authority.Sign(HostKeyPair.CreateRequest(_scene.Host("new"), "new"), new HostIdentity("new", []), _scene.Clock);
    }

    [Fact]
    public void Damaged_files_are_named_and_not_quoted()
    {
        var key = File.ReadAllText(_scene.Paths.CaKey);
        File.WriteAllText(_scene.Paths.CaKey, key.Replace("PRIVATE", "PUBLIC"));
        var exception = TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => CertificateAuthority.Open(_scene.Paths));
        Assert.Contains("ca.key", exception.Message);
        Assert.DoesNotContain(key.Split('\n')[1], exception.ToString());

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(_scene.Paths.CaKey, other.ExportPkcs8PrivateKeyPem());
        TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => CertificateAuthority.Open(_scene.Paths));

        File.WriteAllText(_scene.Paths.CaCertificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Assert.Contains("ca.crt", TrustScene.Refused(ErrorCodes.TrustFileInvalid, () => CertificateAuthority.Open(_scene.Paths)).Message);
    }

    [Fact]
    public void A_host_certificate_passes_openssl_for_both_ends_by_name_and_by_address()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        foreach (var purpose in new[] { "sslserver", "sslclient" })
        {
            foreach (var expected in new[] { "slave.local", "slave.example.org", "10.0.10.3" })
                Verify("-purpose", purpose, "-verify_hostname", expected);
            Verify("-purpose", purpose, "-verify_ip", "10.0.10.3");
        }

        Assert.NotEqual(0, TrustScene.TryOpenSsl(Verification("-verify_ip", "10.0.10.4")).ExitCode);

        void Verify(params string[] options) => TrustScene.OpenSsl(Verification(options));
        string[] Verification(params string[] options) =>
            ["verify", "-x509_strict", "-CAfile", paths.CaCertificate, "-attime", _scene.Now, .. options, paths.HostCertificate];
    }

    [Fact]
    public void A_host_certificate_holds_what_it_should()
    {
        var paths = _scene.Joined(TrustScene.Slave);
        var text = TrustScene.OpenSsl("x509", "-in", paths.HostCertificate, "-noout", "-text");
        Assert.Contains("Subject: CN = slave.local", text);
        Assert.Contains("Not Before: Nov 23 08:55:00 2026 GMT", text);
        Assert.Contains("Not After : Nov 23 09:00:00 2027 GMT", text);
        Assert.Matches(@"Basic Constraints: critical\s+CA:FALSE\s", text);
        Assert.Matches(@"Key Usage: critical\s+Digital Signature\s", text);
        Assert.Contains("TLS Web Server Authentication, TLS Web Client Authentication", text);
        Assert.Contains("DNS:slave.local, DNS:10.0.10.3, DNS:slave.example.org, IP Address:10.0.10.3", text);
        Assert.Contains("X509v3 Authority Key Identifier", text);
        Assert.Contains("X509v3 Subject Key Identifier", text);
        Assert.Matches(
            "^serial=[4-7][0-9A-F]{31}\\s*$", TrustScene.OpenSsl("x509", "-in", paths.HostCertificate, "-noout", "-serial"));
    }

    [Fact]
    public void Names_of_every_allowed_kind_can_be_signed()
    {
        string[] addresses = ["fd00::1", "a_b", "xn--nxasmq6b.example", new string('a', 63) + ".example.org", "127.0.0.1"];
        var paths = _scene.Joined(new HostIdentity(new string('n', 63), addresses));
        var text = TrustScene.OpenSsl("x509", "-in", paths.HostCertificate, "-noout", "-text");
        Assert.All(addresses, address => Assert.Contains($"DNS:{address}", text));
        Assert.Contains("IP Address:FD00:0:0:0:0:0:0:1", text);
    }

    [Fact]
    public void A_cluster_with_the_longest_name_gets_a_CA()
    {
        var paths = _scene.Host("long");
        using var authority = CertificateAuthority.Create(paths, new string('c', 63), _scene.Clock);
        TrustScene.OpenSsl("verify", "-CAfile", paths.CaCertificate, "-attime", _scene.Now, paths.CaCertificate);
    }

    [Fact]
    public void A_request_decides_about_nothing_but_the_key()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=master.local", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("master.local");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = X509Certificate2.CreateFromPem(
            _scene.Authority.Sign(request.CreateSigningRequestPem(), TrustScene.Slave, _scene.Clock));
        Assert.Equal("CN=slave.local", certificate.Subject);
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.DoesNotContain(
            "master.local", certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public void No_certificate_outlives_the_CA()
    {
        _scene.Clock.Advance(TimeSpan.FromDays(3650));
        using var certificate = _scene.Certificate("late");
        Assert.Equal(TrustScene.Beginning.AddYears(10), new DateTimeOffset(certificate.NotAfter));
        _scene.Clock.Advance(TimeSpan.FromDays(10));
        var exception = TrustScene.Refused(
            ErrorCodes.CertificateRefused,
            () => _scene.Authority.Sign(HostKeyPair.CreateRequest(_scene.Host("x"), "x"), new HostIdentity("x", []), _scene.Clock));
        Assert.Contains("expired on 2036-11-23 09:00:00 UTC", exception.Message);
    }

    [Fact]
    public void A_clock_that_went_back_leaves_the_begin_with_the_CA()
    {
        _scene.Clock.AdjustTime(TrustScene.Beginning.AddHours(-1));
        var request = HostKeyPair.CreateRequest(_scene.Host("x"), "x");
        using var certificate = X509Certificate2.CreateFromPem(
            _scene.Authority.Sign(request, new HostIdentity("x", []), _scene.Clock));
        Assert.Equal(TrustScene.Beginning.AddMinutes(-5), new DateTimeOffset(certificate.NotBefore));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData("a.")]
    [InlineData("-a")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("ä")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void A_host_without_a_proper_name_gets_no_certificate(string name)
    {
        var request = HostKeyPair.CreateRequest(_scene.Host("x"), "x");
        TrustScene.Refused(ErrorCodes.UsageInvalid, () => _scene.Authority.Sign(request, new HostIdentity(name, []), _scene.Clock));
        TrustScene.Refused(ErrorCodes.UsageInvalid, () => HostKeyPair.CreateRequest(_scene.Host("y"), name));
        TrustScene.Refused(
            ErrorCodes.UsageInvalid, () => new TokenStore(_scene.Paths).Issue(name, TokenStore.DefaultLifetime, _scene.Clock));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fe80::1%eth0")]
    [InlineData("*")]
    [InlineData("a/b")]
    [InlineData("10.0.10.0/24")]
    public void A_host_with_an_address_that_is_none_gets_no_certificate(string address)
    {
        var request = HostKeyPair.CreateRequest(_scene.Host("x"), "x");
        TrustScene.Refused(ErrorCodes.UsageInvalid, () => _scene.Authority.Sign(request, new HostIdentity("x", [address]), _scene.Clock));
    }

    [Fact]
    public void The_CA_certificate_is_installed_only_with_the_fingerprint_of_the_token()
    {
        var (pem, other) = (File.ReadAllText(_scene.Paths.CaCertificate), new string('0', 64));
        var paths = _scene.Host("joining");
        TrustScene.Refused(ErrorCodes.AuthorityMismatch, () => AuthorityCertificate.Install(paths, pem, other));
        TrustScene.Refused(ErrorCodes.AuthorityMismatch, () => AuthorityCertificate.Install(paths, "", other));
        Assert.False(File.Exists(paths.CaCertificate));
        AuthorityCertificate.Install(paths, pem, _scene.Authority.Fingerprint);
        AuthorityCertificate.Install(paths, pem, _scene.Authority.Fingerprint);
        Assert.Equal("644", Mode(paths.CaCertificate));

        using var stranger = new TrustScene();
        var foreign = File.ReadAllText(stranger.Paths.CaCertificate);
        TrustScene.Refused(
            ErrorCodes.AuthorityExists, () => AuthorityCertificate.Install(paths, foreign, stranger.Authority.Fingerprint));
        Assert.Equal(pem, File.ReadAllText(paths.CaCertificate));
    }

    private static string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8);
}
