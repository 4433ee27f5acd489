using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Trust;

/// <summary>The only thing that a certificate request is asked for: a public key whose private half its sender holds.</summary>
internal static class CertificateRequestKey
{
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <exception cref="OperationException"><see cref="ErrorCodes.CertificateRequestInvalid"/></exception>
    public static PublicKey Read(string pem)
    {
        if (pem.Length > Pem.MaxLength)
            throw Invalid($"it has {pem.Length} characters, a request has less than {Pem.MaxLength}");
        try
        {
            // The default options verify the request's own signature and leave the extensions it asks for unread.
            var request = CertificateRequest.LoadSigningRequestPem(
                pem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default);
            using var key = request.PublicKey.GetECDsaPublicKey();
            if (key?.ExportParameters(includePrivateParameters: false).Curve is not { IsNamed: true, Oid.Value: P256 })
                throw Invalid("its key is not ECDSA P-256");
            return new PublicKey(key);
        }
        catch (Exception exception) when (Pem.IsUnreadable(exception))
        {
            throw Invalid("it is no PKCS #10 request in PEM, or not signed by its own key", exception);
        }
    }

    private static OperationException Invalid(string seen, Exception? cause = null) => new(
        ErrorCodes.CertificateRequestInvalid, $"reading a certificate request: {seen}", "make a new request on the host", cause);
}
