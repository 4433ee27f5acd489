using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Tests.Trust;

public sealed class CertificateRequestTests : IDisposable
{
    private readonly TrustScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\n!!!!\n-----END CERTIFICATE REQUEST-----")]
    public void What_is_no_request_is_refused(string pem) => Refuse(pem);

    [Fact]
    public void A_certificate_is_no_request() => Refuse(File.ReadAllText(_scene.Paths.CaCertificate));

    [Fact]
    public void A_request_longer_than_any_is_not_parsed() =>
        Assert.Contains("characters", Refuse(new string('\n', 20_000) + HostKeyPair.CreateRequest(_scene.Host("x"), "x")).Message);

    [Fact]
    public void A_request_that_its_own_key_did_not_sign_is_refused()
    {
        var der = Der();
        der[^1] ^= 1;
        Refuse(PemEncoding.WriteString("CERTIFICATE REQUEST", der));
    }

    [Fact]
    public void Keys_of_other_kinds_are_not_signed()
    {
        using var rsa = RSA.Create(2048);
        Assert.Contains("P-256", Refuse(
            new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem()).Message);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Contains("P-256", Refuse(new CertificateRequest("CN=x", p384, HashAlgorithmName.SHA384).CreateSigningRequestPem()).Message);
    }

    [Fact]
    public void Damaged_requests_are_refused_and_nothing_else_happens()
    {
        var der = Der();
        var random = new Random(7);
        for (var i = 0; i < 1500; i++)
        {
            var damaged = der[..random.Next(i % 2 == 0 ? der.Length : 1, der.Length + 1)];
            for (var flips = random.Next(1, 4); flips > 0 && damaged.Length > 0; flips--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (!damaged.AsSpan().SequenceEqual(der))
                Refuse(PemEncoding.WriteString("CERTIFICATE REQUEST", damaged));
        }
    }

    private byte[] Der()
    {
        var pem = HostKeyPair.CreateRequest(_scene.Host("x"), "x");
        return Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
    }

    private OperationException Refuse(string pem) =>
        TrustScene.Refused(ErrorCodes.CertificateRequestInvalid, () => _scene.Authority.Sign(pem, TrustScene.Slave, _scene.Clock));
}
