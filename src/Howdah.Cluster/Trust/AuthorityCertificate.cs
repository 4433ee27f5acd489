using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Trust;

/// <summary>The CA's certificate, which every host has: without its key.</summary>
public static class AuthorityCertificate
{
    /// <summary>SHA-256 of the DER form, 64 lower case hexadecimal digits.</summary>
    public static string FingerprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.AuthorityMissing"/>, <see cref="ErrorCodes.TrustFileInvalid"/>
    /// </exception>
    public static X509Certificate2 Load(TrustPaths paths)
    {
        var content = TrustFiles.Read(paths.CaCertificate) ?? throw new OperationException(
            ErrorCodes.AuthorityMissing,
            $"opening the cluster's CA: {paths.CaCertificate} is not on this host",
            "create the cluster here, or join the host to one");
        return Pem.ParseCertificate(content, paths.CaCertificate);
    }

    /// <summary>Puts the CA's certificate in place on a host that joins, where it is the one that the token names.</summary>
    /// <param name="paths">Where.</param>
    /// <param name="pem">As it came over the network, from a peer that nothing is known of yet.</param>
    /// <param name="fingerprint"><see cref="JoinToken.AuthorityFingerprint"/></param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.AuthorityMismatch"/>, or <see cref="ErrorCodes.AuthorityExists"/> where
    /// the host has another cluster's.</exception>
    public static void Install(TrustPaths paths, string pem, string fingerprint)
    {
        using var certificate = Pem.TryParseCertificate(pem);
        if (certificate is null || !string.Equals(FingerprintOf(certificate), fingerprint, StringComparison.Ordinal))
            throw new OperationException(
                ErrorCodes.AuthorityMismatch,
                certificate is null
                    ? "checking the cluster's CA: what the peer sent is no certificate"
                    : $"checking the cluster's CA: the peer's has fingerprint {FingerprintOf(certificate)}, the token names {fingerprint}",
                "somebody else may answer at that address; or the token is another cluster's");
        using var held = TrustFiles.Acquire(paths, $"installing the cluster's CA in {paths.Directory}");
        if (TrustFiles.PutIfAbsent(paths.CaCertificate, Pem.OfCertificate(certificate), TrustFiles.Public) != PutResult.Different)
            return;
        using var present = Load(paths);
        if (!string.Equals(FingerprintOf(present), fingerprint, StringComparison.Ordinal))
            throw new OperationException(
                ErrorCodes.AuthorityExists,
                $"installing the cluster's CA: {paths.CaCertificate} is another cluster's, with fingerprint {FingerprintOf(present)}",
                "this host belongs to a cluster already; to join another, move the directory away first");
    }
}
