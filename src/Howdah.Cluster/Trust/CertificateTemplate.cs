using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Howdah.Cluster.Trust;

/// <summary>What our certificates contain.</summary>
internal static class CertificateTemplate
{
    /// <summary>Certificates begin this long before they are made, because clocks of hosts differ.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>RFC 5280, 4.2.1.12: id-kp-serverAuth and id-kp-clientAuth. Every host is both to every other.</summary>
    public static readonly IReadOnlyList<string> Purposes = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

    private const int AuthorityYears = 10;

    /// <summary>128 bits, so that serials of lost CA hosts and restored ones never meet.</summary>
    private const int SerialBytes = 16;

    public static X509Certificate2 ForAuthority(ECDsa key, string clusterName, DateTimeOffset now)
    {
        var request = new CertificateRequest(CommonName($"Howdah CA {clusterName}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now - ClockTolerance, now.AddYears(AuthorityYears));
    }

    /// <param name="key">The host's public key.</param>
    /// <param name="host">Whom the certificate speaks for.</param>
    /// <param name="issuer">The CA's certificate with its key.</param>
    /// <param name="validity">Cut to the CA's own.</param>
    public static X509Certificate2 ForHost(
        PublicKey key, HostIdentity host, X509Certificate2 issuer, CertificateValidity validity)
    {
        var request = new CertificateRequest(CommonName(host.Name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        var purposes = new OidCollection();
        foreach (var purpose in Purposes)
            purposes.Add(new Oid(purpose));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));
        request.CertificateExtensions.Add(AlternativeNames(host));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var (begin, end) = validity.Within(CertificateValidity.Of(issuer));
        return request.Create(issuer, begin, end, NewSerial());
    }

    private static X509Extension AlternativeNames(HostIdentity host)
    {
        var names = new SubjectAlternativeNameBuilder();
        // libpq before 15 compares sslmode=verify-full hosts that are IP addresses with dNSName entries only
        // (PostgreSQL 15 release notes), so each IP address is in twice.
        foreach (var name in host.Addresses.Prepend(host.Name).Distinct(StringComparer.OrdinalIgnoreCase))
            names.AddDnsName(name);
        foreach (var ip in host.Addresses.Select(HostIdentity.ParseIp).OfType<System.Net.IPAddress>().Distinct())
            names.AddIpAddress(ip);
        return names.Build();
    }

    private static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        // Positive and without a leading zero (RFC 5280, 4.1.2.2): then every tool prints the same 32 hexadecimal digits.
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    private static X500DistinguishedName CommonName(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        return builder.Build();
    }
}
