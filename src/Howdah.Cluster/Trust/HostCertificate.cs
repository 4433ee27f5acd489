using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Trust;

/// <summary>What a host's certificate says, and until when the authority that signed it is good.</summary>
/// <param name="Serial">Lower case hexadecimal, no leading zeros.</param>
/// <param name="Begin">From when it is good.</param>
/// <param name="End">Until when.</param>
public sealed record HostCertificate(string Serial, DateTimeOffset Begin, DateTimeOffset End)
{
    /// <summary>SHA-256 of the authority's certificate in DER, 64 lower case hexadecimal digits.</summary>
    public required string AuthorityFingerprint { get; init; }

    /// <summary>No certificate of the cluster is good for longer.</summary>
    public required DateTimeOffset AuthorityEnd { get; init; }

    /// <summary>Why it could not be renewed when that was tried last; null where it was, or need not be.</summary>
    public string? RenewalFailure { get; init; }

    /// <summary>Null where the host has none: it is in no cluster, or in one on one machine.</summary>
    public static HostCertificate? Find(TrustPaths paths) => HostKeyPair.Exists(paths) ? Read(paths) : null;

    /// <exception cref="OperationException"><see cref="ErrorCodes.AuthorityMissing"/>,
    /// <see cref="ErrorCodes.TrustFileInvalid"/></exception>
    public static HostCertificate Read(TrustPaths paths)
    {
        using var own = HostKeyPair.Load(paths);
        using var authority = AuthorityCertificate.Load(paths);
        return Of(own, authority);
    }

    internal static HostCertificate Of(X509Certificate2 own, X509Certificate2 authority)
    {
        var (begin, end) = CertificateValidity.Of(own);
        return new HostCertificate(CertificateFields.Serial(own), begin, end)
        {
            AuthorityFingerprint = AuthorityCertificate.FingerprintOf(authority),
            AuthorityEnd = CertificateValidity.Of(authority).End,
        };
    }
}
