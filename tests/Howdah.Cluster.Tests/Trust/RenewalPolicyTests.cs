using Howdah.Cluster.Trust;

namespace Howdah.Cluster.Tests.Trust;

public sealed class RenewalPolicyTests
{
    private static readonly DateTimeOffset Begin = TrustScene.Beginning;

    [Theory]
    [InlineData(0, false)]
    [InlineData(239, false)]
    [InlineData(240, false)]
    [InlineData(241, true)]
    [InlineData(359, true)]
    [InlineData(400, true)]
    public void A_certificate_is_renewed_when_less_than_a_third_of_its_lifetime_is_left(int days, bool isDue) =>
        Assert.Equal(isDue, RenewalPolicy.IsDue(Certificate(lifetimeDays: 360, authorityDays: 3650), Begin.AddDays(days)));

    [Fact]
    public void A_certificate_that_ends_with_the_authority_is_not_renewed_since_no_other_would_last_longer()
    {
        var last = Certificate(lifetimeDays: 200, authorityDays: 200);
        Assert.True(RenewalPolicy.IsLate(last, Begin.AddDays(190)));
        Assert.False(RenewalPolicy.IsDue(last, Begin.AddDays(190)));
    }

    [Fact]
    public void What_is_read_of_a_certificate_is_what_openssl_reads()
    {
        using var scene = new TrustScene();
        var paths = scene.Joined(TrustScene.Slave);
        var certificate = HostCertificate.Read(paths);
        Assert.Equal($"serial={certificate.Serial.ToUpperInvariant()}\n", TrustScene.OpenSsl(
            "x509", "-in", paths.HostCertificate, "-noout", "-serial"));
        Assert.Equal(
            (TrustScene.Beginning.AddMinutes(-5), TrustScene.Beginning.AddDays(365), TrustScene.Beginning.AddYears(10)),
            (certificate.Begin, certificate.End, certificate.AuthorityEnd));
        Assert.Equal((scene.Authority.Fingerprint, TimeSpan.Zero), (certificate.AuthorityFingerprint, certificate.End.Offset));
        Assert.Null(HostCertificate.Find(scene.Host("stranger")));
    }

    private static HostCertificate Certificate(int lifetimeDays, int authorityDays) => new("1", Begin, Begin.AddDays(lifetimeDays))
    {
        AuthorityFingerprint = "f",
        AuthorityEnd = Begin.AddDays(authorityDays),
    };
}
