using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Trust;

/// <summary>
/// Decides who is at the other end of a TLS connection, for both ends. Safe for several threads; asks nobody over the network.
/// </summary>
/// <remarks>One signature check and one look-up per call, whatever the peer sends: chains have one link, and nothing is fetched.</remarks>
public sealed class PeerValidator : IDisposable
{
    private readonly X509Certificate2 _authority;
    private volatile RevocationList _revoked;

    /// <param name="authority">The cluster's CA; the validator disposes of it.</param>
    /// <param name="revoked">The certificates that are not accepted any more.</param>
    public PeerValidator(X509Certificate2 authority, RevocationList revoked)
    {
        _authority = authority;
        _revoked = revoked;
    }

    /// <summary>Set to a longer list when one is known; calls that have begun may still use the old one.</summary>
    public RevocationList Revoked
    {
        get => _revoked;
        set => _revoked = value;
    }

    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.AuthorityMissing"/>, <see cref="ErrorCodes.TrustFileInvalid"/>
    /// </exception>
    public static PeerValidator Open(TrustPaths paths)
    {
        var revoked = RevocationList.Load(paths);
        return new PeerValidator(AuthorityCertificate.Load(paths), revoked);
    }

    /// <summary>
    /// For <c>CertificateChainPolicy</c> of TLS options. Without it <see cref="System.Net.Security.SslStream"/> builds a chain of its own
    /// before it asks, and a stranger's certificate could make it fetch what its addresses name.
    /// </summary>
    public X509ChainPolicy CreateChainPolicy(TimeProvider clock)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = clock.GetUtcNow().UtcDateTime,
        };
        policy.CustomTrustStore.Add(_authority);
        foreach (var purpose in CertificateTemplate.Purposes)
            policy.ApplicationPolicy.Add(new Oid(purpose));
        return policy;
    }

    /// <param name="peer">What the peer sent and, as TLS has proven, holds the key of; null where it sent nothing.</param>
    /// <param name="expectedHostName">The only host that is right; null for any host of the cluster.</param>
    /// <param name="clock">Gives the time that validity is judged at.</param>
    public PeerVerdict Check(X509Certificate2? peer, string? expectedHostName, TimeProvider clock)
    {
        if (peer is null)
            return Refuse(PeerRefusal.NoCertificate, "the peer sent no certificate");
        if (CheckChain(peer, clock) is { } refused)
            return refused;
        if (CertificateFields.HostName(peer) is not { } hostName)
            return Refuse(PeerRefusal.NotAHost, "the certificate names no host of a cluster");
        var serial = CertificateFields.Serial(peer);
        if (Revoked.Find(serial) is { } entry)
            return Refuse(
                PeerRefusal.Revoked,
                $"the certificate of {hostName} (serial {serial}) was revoked on {CertificateFields.Date(entry.RevokedAt)}");
        return expectedHostName is null || string.Equals(expectedHostName, hostName, StringComparison.Ordinal)
            ? new PeerVerdict(hostName, PeerRefusal.None, string.Empty)
            : Refuse(PeerRefusal.OtherHost, $"the certificate is for {hostName}, not for {expectedHostName}");
    }

    public void Dispose() => _authority.Dispose();

    private PeerVerdict? CheckChain(X509Certificate2 peer, TimeProvider clock)
    {
        using var chain = new X509Chain { ChainPolicy = CreateChainPolicy(clock) };
        try
        {
            if (chain.Build(peer))
                return null;
            var problems = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
            return Describe(problems, peer, clock.GetUtcNow());
        }
        catch (Exception exception) when (Pem.IsUnreadable(exception))
        {
            return Stranger(peer);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
                element.Certificate.Dispose();
        }
    }

    private PeerVerdict Describe(X509ChainStatusFlags problems, X509Certificate2 peer, DateTimeOffset now)
    {
        const X509ChainStatusFlags Explained = X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotValidForUsage;
        if ((problems & ~Explained) != X509ChainStatusFlags.NoError)
            return Stranger(peer);
        if (problems.HasFlag(X509ChainStatusFlags.NotValidForUsage))
            return Refuse(PeerRefusal.NotAHost, "the certificate is of the cluster's CA, but not made for hosts");
        var who = CertificateFields.HostName(peer) is { } hostName ? $"the certificate of {hostName}" : "the certificate";
        var (own, authority) = (CertificateValidity.Of(peer), CertificateValidity.Of(_authority));
        if (now < own.Begin)
            return NotYet(who, own.Begin, now);
        if (now > own.End)
            return Refuse(PeerRefusal.Expired, $"{who} expired on {CertificateFields.Date(own.End)}");
        return now < authority.Begin
            ? NotYet("the cluster's CA", authority.Begin, now)
            : Refuse(PeerRefusal.Expired, $"the cluster's CA expired on {CertificateFields.Date(authority.End)}");
    }

    private static PeerVerdict NotYet(string who, DateTimeOffset begin, DateTimeOffset now) => Refuse(
        PeerRefusal.NotYetValid,
        $"{who} is not valid before {CertificateFields.Date(begin)}, and here it is {CertificateFields.Date(now)}: do the clocks differ?");

    // A stranger's names are not repeated: whoever sends them chooses what they say in our log.
    private static PeerVerdict Stranger(X509Certificate2 peer) => Refuse(
        PeerRefusal.UnknownAuthority,
        $"the certificate (SHA-256 {AuthorityCertificate.FingerprintOf(peer)}) is not signed by this cluster's CA");

    private static PeerVerdict Refuse(PeerRefusal refusal, string reason) => new(null, refusal, reason);
}
