using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Howdah.Cluster.Trust;

/// <summary>From when to when a certificate is good.</summary>
internal readonly record struct CertificateValidity(DateTimeOffset Begin, DateTimeOffset End)
{
    public static CertificateValidity Of(X509Certificate2 certificate) =>
        new(new DateTimeOffset(certificate.NotBefore).ToUniversalTime(), new DateTimeOffset(certificate.NotAfter).ToUniversalTime());

    /// <summary>The part of it that lies within <paramref name="outer"/>.</summary>
    public CertificateValidity Within(CertificateValidity outer) =>
        new(Begin > outer.Begin ? Begin : outer.Begin, End < outer.End ? End : outer.End);
}

/// <summary>What we read out of certificates, in the form that we compare and print it in.</summary>
internal static class CertificateFields
{
    /// <summary>RFC 5280, appendix A.1: id-at-commonName.</summary>
    private const string CommonNameType = "2.5.4.3";

    public static string Date(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Lower case hexadecimal without leading zeros.</summary>
    public static string Serial(X509Certificate2 certificate) => RevocationList.NormalizeSerial(certificate.SerialNumber);

    /// <summary>The common name; null where the subject is not exactly one, or no host's name.</summary>
    public static string? HostName(X509Certificate2 certificate)
    {
        var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames().ToList();
        return names is [{ HasMultipleElements: false } name]
            && name.GetSingleElementType().Value == CommonNameType
            && name.GetSingleElementValue() is { } value
            && HostIdentity.ProblemOf(value) is null
                ? value
                : null;
    }
}
