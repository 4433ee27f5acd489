using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Postgres.Wire;

/// <summary>Decides on a server's certificate, and remembers why it was refused.</summary>
internal sealed class ServerVerifier
{
    private readonly ServerAddress _server;
    private readonly SslMode _mode;
    private readonly X509Certificate2Collection? _roots;

    public ServerVerifier(ServerAddress server, ConnectionSettings settings)
    {
        _server = server;
        var rootFile = settings.SslRootCert;
        // libpq: a root file that exists turns require into verify-ca.
        _mode = settings.SslMode == SslMode.Require && rootFile is not null ? SslMode.VerifyCa : settings.SslMode;
        if (_mode < SslMode.VerifyCa || rootFile == "system")
            return;
        if (rootFile is null)
            throw new OperationException(
                ErrorCodes.TlsFailed,
                "the server's certificate is to be verified, and no file of trusted roots is given",
                "set sslrootcert");
        _roots = [];
        try
        {
            _roots.ImportFromPemFile(rootFile);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new OperationException(
                ErrorCodes.TlsFailed, $"trusted roots in {rootFile} cannot be read: {exception.Message}", "check sslrootcert", exception);
        }
    }

    public string? Refusal { get; private set; }

    public string? Hint { get; private set; }

    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_mode < SslMode.VerifyCa)
            return true;
        if (certificate is not X509Certificate2 server)
            return Refuse("the server sent no certificate", null);
        if (_roots is null && errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            return RefuseAsUntrusted(server);
        if (_roots is not null && !CheckChain(server, chain, _roots))
            return false;
        if (_mode == SslMode.VerifyFull && !(_server.Host.Length > 0 && server.MatchesHostname(_server.Host)))
            return Refuse(
                $"the server's certificate ({server.Subject}) is not for host \"{_server.Host}\"",
                "connect by a name that is in the certificate");
        return true;
    }

    private bool CheckChain(X509Certificate2 server, X509Chain? presented, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        foreach (var element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        foreach (var extra in presented?.ChainPolicy.ExtraStore ?? [])
            chain.ChainPolicy.ExtraStore.Add(extra);
        if (chain.Build(server))
            return true;
        var now = chain.ChainPolicy.VerificationTime;
        // A chain to the right root that is only out of its time is another fault than a wrong root, and another remedy.
        if (chain.ChainStatus.Any(problem => problem.Status != X509ChainStatusFlags.NotTimeValid)
            || (server.NotBefore <= now && now <= server.NotAfter))
            return RefuseAsUntrusted(server);
        return Refuse(
            now > server.NotAfter
                ? $"the server's certificate ({server.Subject}) expired on {Date(server.NotAfter)}"
                : $"the server's certificate ({server.Subject}) is not valid before {Date(server.NotBefore)}",
            "give the server a new certificate; or is a clock wrong?");
    }

    private static string Date(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private bool RefuseAsUntrusted(X509Certificate2 server) => Refuse(
        $"the server's certificate ({server.Subject}) does not lead to a trusted root",
        "check sslrootcert, and the server's ssl_cert_file");

    private bool Refuse(string reason, string? hint)
    {
        Refusal = reason;
        Hint = hint;
        return false;
    }
}
