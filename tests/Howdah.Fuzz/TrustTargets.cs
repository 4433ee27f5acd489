using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Howdah.Cluster.Trust;

namespace Howdah.Fuzz;

/// <summary>Tokens, certificates and lists of them: what strangers may send to an agent, and what its trust directory holds.</summary>
internal static class TrustTargets
{
    private const string Tokens = """
        { "format": 1, "tokens": [ { "secretSha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "host": "db2", "expiresAt": "2026-11-23T09:14:55+00:00", "usedAt": null } ] }
        """;

    private const string Issued = """
        { "format": 1, "issued": [ { "serial": "1a2b", "host": "db2", "begin": "2026-11-22T09:14:55+00:00",
            "end": "2026-11-23T09:14:55+00:00" } ] }
        """;

    private const string Revoked = """
        { "format": 1, "revoked": [ { "serial": "1a2b", "host": "db2", "revokedAt": "2026-11-23T09:14:55+00:00" } ] }
        """;

    private static readonly string Authority = Certificate();

    public static IEnumerable<FuzzTarget> All =>
    [
        Of("join-token", text => JoinToken.Parse(text), $"howdah1.db2.example.{new string('A', 43)}.{new string('0', 64)}@db1")
            with { HasNamedParts = true },
        Of("revoked-json", text => RevocationList.Parse(Encoding.UTF8.GetBytes(text), "revoked.json").ToJson(), Revoked),
        Of("tokens-json", text => TrustJson.Read(Encoding.UTF8.GetBytes(text), "tokens.json", TrustJson.Default.TokenFile), Tokens),
        Of("issued-json", text => TrustJson.Read(Encoding.UTF8.GetBytes(text), "issued.json", TrustJson.Default.IssuedFile), Issued),
        Of("certificate", ReadCertificate, Authority),
        Of("certificate-request", text => CertificateRequestKey.Read(text), Request()) with { HasNamedParts = true },
        Of("private-key", text => Pem.ParseKey(Encoding.ASCII.GetBytes(text), "host.key").Dispose(), Key()) with { HasNamedParts = true },
    ];

    private static void ReadCertificate(string text)
    {
        using var certificate = Pem.TryParseCertificate(text);
        if (certificate is null)
            return;
        using var validator = new PeerValidator(X509Certificate2.CreateFromPem(Authority), RevocationList.Empty);
        if (validator.Check(certificate, expectedHostName: "db2", TimeProvider.System).IsAccepted)
            throw new InvalidDataException("a certificate of nobody's was accepted");
    }

    private static string Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = RequestOf(key).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
        return certificate.ExportCertificatePem();
    }

    private static string Request()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return RequestOf(key).CreateSigningRequestPem();
    }

    private static string Key()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }

    private static CertificateRequest RequestOf(ECDsa key) => new("CN=db2", key, HashAlgorithmName.SHA256);

    private static FuzzTarget Of(string name, Action<string> parse, string example) =>
        new(name, [Encoding.UTF8.GetBytes(example)], bytes => parse(Encoding.UTF8.GetString(bytes)));
}
