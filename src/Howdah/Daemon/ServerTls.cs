using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Daemon;

/// <summary>
/// The server's side of TLS: this host's certificate, and who the other end is. Certificate and revocations are followed as their files
/// change. Thread-safe.
/// </summary>
internal sealed class ServerTls : IDisposable
{
    private readonly TimeProvider _time;
    private readonly AgentLog _log;
    private readonly LogLimit _limit;
    private readonly PeerValidator _validator;
    private readonly WatchedFile<SslStreamCertificateContext> _own;
    private readonly WatchedFile<RevocationList> _revoked;

    /// <exception cref="OperationException">The host has no certificate of a cluster, or a file of its trust directory cannot be
    /// read.</exception>
    public ServerTls(TrustPaths paths, TimeProvider time, AgentLog log)
    {
        _time = time;
        _log = log;
        _limit = new LogLimit(time);
        _validator = PeerValidator.Open(paths);
        using var authority = AuthorityCertificate.Load(paths);
        AuthorityPem = authority.ExportCertificatePem() + "\n";
        _own = new WatchedFile<SslStreamCertificateContext>(
            paths.HostPair,
            () => SslStreamCertificateContext.Create(HostKeyPair.Load(paths), additionalCertificates: null, offline: true),
            Failed);
        // Merged, because a list only ever grows: a file that went missing takes nobody back in.
        _revoked = new WatchedFile<RevocationList>(
            paths.Revoked, () => _validator.Revoked = _validator.Revoked.Merge(RevocationList.Load(paths)), Failed);
    }

    /// <summary>The cluster's authority, which is no secret: whoever joins compares it with the token's fingerprint.</summary>
    public string AuthorityPem { get; }

    /// <summary>For one connection. It may come without a certificate; one that comes is good, or the handshake fails.</summary>
    public SslServerAuthenticationOptions OptionsFor(EndPoint? peer) => new()
    {
        ServerCertificateContext = _own.Current,
        ClientCertificateRequired = true, // that is: asked for; the callback lets those in who have none
#pragma warning disable CA5398 // Chosen, not inherited: what the machine allows beyond these two is no business of the cluster's.
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
        AllowRenegotiation = false,
        // A resumed session would bring the certificate of its first handshake along.
        AllowTlsResume = false,
        CertificateChainPolicy = _validator.CreateChainPolicy(_time),
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is null || Check(certificate as X509Certificate2, peer).IsAccepted,
    };

    /// <summary>Who that is, by what is known now: a connection may outlive its certificate.</summary>
    public PeerVerdict Check(X509Certificate2? certificate, EndPoint? peer)
    {
        _validator.Revoked = _revoked.Current;
        var verdict = _validator.Check(certificate, expectedHostName: null, _time);
        if (!verdict.IsAccepted && certificate is not null && _limit.Admits(verdict.Refusal.ToString()))
            _log.Warning($"refused a connection from {AddressOf(peer)}: {verdict.Reason}");
        return verdict;
    }

    public void Dispose() => _validator.Dispose();

    public static string AddressOf(EndPoint? peer) => peer switch
    {
        IPEndPoint { Address.IsIPv4MappedToIPv6: true } ip => ip.Address.MapToIPv4().ToString(),
        IPEndPoint ip => ip.Address.ToString(),
        _ => "an unknown address",
    };

    private void Failed(OperationException failure)
    {
        if (_limit.Admits(failure.Code.Name))
            _log.Problem($"{failure.Code}: {failure.Message}; the agent goes on with what it has read before");
    }
}
