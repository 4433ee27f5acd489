using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.Replication;

/// <summary>
/// A certificate authority of the test's own, a server certificate for 127.0.0.1 and localhost, and a client certificate.
/// </summary>
internal sealed class TestCertificates : IAsyncDisposable
{
    private readonly TestDirectory _directory;

    private TestCertificates(TestDirectory directory) => _directory = directory;

    public string Root => _directory.File("root.crt");

    public string OtherRoot => _directory.File("other.crt");

    public string ServerCert => _directory.File("server.crt");

    public string ServerKey => _directory.File("server.key");

    /// <summary>A server certificate as <see cref="ServerCert"/>, which was good until an hour ago.</summary>
    public string ExpiredCert => _directory.File("expired.crt");

    public string ExpiredKey => _directory.File("expired.key");

    public string ClientCert => _directory.File("client.crt");

    public string ClientKey => _directory.File("client.key");

    public IReadOnlyDictionary<string, string> ServerSettings => new Dictionary<string, string>
    {
        ["ssl"] = "on",
        ["ssl_cert_file"] = ServerCert,
        ["ssl_key_file"] = ServerKey,
        ["ssl_ca_file"] = Root,
    };

    public static async Task<TestCertificates> CreateAsync(string clientName)
    {
        var certificates = new TestCertificates(await TestDirectory.CreateAsync("tls"));
        using var authority = CreateAuthority("CN=test root");
        using var other = CreateAuthority("CN=another root");
        await File.WriteAllTextAsync(certificates.Root, authority.ExportCertificatePem());
        await File.WriteAllTextAsync(certificates.OtherRoot, other.ExportCertificatePem());
        var now = TimeProvider.System.GetUtcNow();
        await IssueAsync(authority, "CN=server", now.AddHours(1), (certificates.ServerCert, certificates.ServerKey));
        await IssueAsync(authority, "CN=server", now.AddHours(-1), (certificates.ExpiredCert, certificates.ExpiredKey));
        await IssueAsync(authority, $"CN={clientName}", now.AddHours(1), (certificates.ClientCert, certificates.ClientKey));
        await TestDirectory.GiveToServerUserAsync(certificates._directory.Path);
        await TestCommand.RunAsync(["chmod", "0600", certificates.ServerKey, certificates.ExpiredKey, certificates.ClientKey]);
        return certificates;
    }

    public ValueTask DisposeAsync() => _directory.DisposeAsync();

    private static X509Certificate2 CreateAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static async Task IssueAsync(X509Certificate2 authority, string name, DateTimeOffset end, (string Cert, string Key) files)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA384);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, end.AddHours(-2), end, RandomNumberGenerator.GetBytes(8));
        await File.WriteAllTextAsync(files.Cert, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(files.Key, key.ExportPkcs8PrivateKeyPem());
    }
}
