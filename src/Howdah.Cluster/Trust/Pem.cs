using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Trust;

/// <summary>Keys and certificates as text.</summary>
internal static class Pem
{
    /// <summary>16 KiB: ours have less than 2; what comes over the network is not parsed beyond this.</summary>
    public const int MaxLength = 16 << 10;

    /// <summary>
    /// What the runtime throws on bytes that are no key, certificate or request; <see cref="NotSupportedException"/> where they name
    /// an algorithm that nobody knows.
    /// </summary>
    public static bool IsUnreadable(Exception exception) =>
        exception is CryptographicException or ArgumentException or NotSupportedException;

    public static byte[] OfCertificate(X509Certificate2 certificate) => Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n");

    public static byte[] OfKey(ECDsa key) => Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n");

    /// <summary>Null where the text holds no certificate that can be read.</summary>
    public static X509Certificate2? TryParseCertificate(string text)
    {
        if (text.Length > MaxLength)
            return null;
        try
        {
            return X509Certificate2.CreateFromPem(text);
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            return null;
        }
    }

    /// <exception cref="OperationException"><see cref="ErrorCodes.TrustFileInvalid"/></exception>
    public static X509Certificate2 ParseCertificate(byte[] content, string path) =>
        TryParseCertificate(Encoding.ASCII.GetString(content)) ?? throw TrustFiles.Invalid(path, "it holds no readable certificate");

    /// <exception cref="OperationException"><see cref="ErrorCodes.TrustFileInvalid"/>; it does not quote the file.</exception>
    public static ECDsa ParseKey(byte[] content, string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(Encoding.ASCII.GetString(content));
            return key;
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            key.Dispose();
            throw TrustFiles.Invalid(path, "it holds no readable private key");
        }
    }

    /// <summary>The certificate with its private key.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.TrustFileInvalid"/>: the key is another certificate's.</exception>
    public static X509Certificate2 Join(X509Certificate2 certificate, ECDsa key, string path)
    {
        try
        {
            return certificate.CopyWithPrivateKey(key);
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            throw TrustFiles.Invalid(path, "certificate and private key do not belong together");
        }
    }
}
