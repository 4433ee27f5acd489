using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Howdah.Postgres.Wire;

/// <summary>
/// Channel binding data "tls-server-end-point" (RFC 5929 section 4.1): the certificate, hashed by its signature's hash, MD5 and
/// SHA-1 replaced by SHA-256.
/// </summary>
internal static class CertificateHash
{
    private const string RsaPss = "1.2.840.113549.1.1.10";

    /// <summary>
    /// Null where the signature has no hash of its own (Ed25519), or one that is not known: then the channel cannot be bound.
    /// </summary>
    public static byte[]? Compute(X509Certificate2 certificate)
    {
        var oid = certificate.SignatureAlgorithm.Value;
        if (oid == RsaPss)
            oid = PssHash(certificate.RawData);
        return oid switch
        {
            // RSA, ECDSA and plain hash identifiers of SHA-384 and SHA-512.
            "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" or "2.16.840.1.101.3.4.2.2" => SHA384.HashData(certificate.RawData),
            "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" or "2.16.840.1.101.3.4.2.3" => SHA512.HashData(certificate.RawData),
            // MD5, SHA-1 and SHA-256, with RSA, DSA or ECDSA.
            "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.113549.1.1.11" or "1.2.840.10045.4.1" or "1.2.840.10045.4.3.2"
                or "1.2.840.10040.4.3" or "2.16.840.1.101.3.4.3.2" or "1.3.14.3.2.26" or "2.16.840.1.101.3.4.2.1" =>
                    SHA256.HashData(certificate.RawData),
            _ => null,
        };
    }

    // Certificate ::= SEQUENCE { tbs, SEQUENCE { oid, RSASSA-PSS-params { [0] hashAlgorithm DEFAULT sha1 … } } … }
    private static string? PssHash(byte[] der)
    {
        try
        {
            var certificate = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            certificate.ReadEncodedValue();
            var algorithm = certificate.ReadSequence();
            algorithm.ReadObjectIdentifier();
            var parameters = algorithm.ReadSequence();
            var hashTag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
            if (!parameters.HasData || parameters.PeekTag() != hashTag)
                return "1.3.14.3.2.26";
            return parameters.ReadSequence(hashTag).ReadSequence().ReadObjectIdentifier();
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
