using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Trust;

/// <summary>The cluster's own CA, with its key: only on the host where the cluster was created. Safe for several threads.</summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>How long a host's certificate is good for.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromDays(365);

    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>SHA-256 of the DER form, 64 lower case hexadecimal digits.</summary>
    public string Fingerprint => AuthorityCertificate.FingerprintOf(_certificate);

    /// <summary>Makes key (ECDSA P-256) and self-signed certificate, good for ten years.</summary>
    /// <remarks>
    /// The key is written first. Killed between the two, the key has signed nothing; the next call makes a certificate for it.
    /// </remarks>
    /// <exception cref="OperationException"><see cref="ErrorCodes.AuthorityExists"/>: <c>ca.crt</c> is there, and stays.</exception>
    public static CertificateAuthority Create(TrustPaths paths, string clusterName, TimeProvider clock)
    {
        using var held = TrustFiles.Acquire(paths, $"creating a CA in {paths.Directory}");
        if (File.Exists(paths.CaCertificate))
            throw Exists(paths);
        using (var made = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            TrustFiles.PutIfAbsent(paths.CaKey, Pem.OfKey(made), AtomicFile.OwnerOnly);
        }

        using var key = Pem.ParseKey(TrustFiles.Read(paths.CaKey)!, paths.CaKey);
        using var certificate = CertificateTemplate.ForAuthority(key, clusterName, clock.GetUtcNow());
        return TrustFiles.PutIfAbsent(paths.CaCertificate, Pem.OfCertificate(certificate), TrustFiles.Public) == PutResult.Created
            ? Open(paths)
            : throw Exists(paths);
    }

    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.AuthorityMissing"/>, <see cref="ErrorCodes.TrustFileInvalid"/>
    /// </exception>
    public static CertificateAuthority Open(TrustPaths paths)
    {
        using var certificate = AuthorityCertificate.Load(paths);
        var content = TrustFiles.Read(paths.CaKey) ?? throw new OperationException(
            ErrorCodes.AuthorityMissing,
            $"opening the cluster's CA: {paths.CaKey} is not on this host",
            "certificates are signed on the host where the cluster was created");
        using var key = Pem.ParseKey(content, paths.CaKey);
        return new CertificateAuthority(Pem.Join(certificate, key, paths.CaKey));
    }

    /// <summary>Makes a host's certificate and returns it as PEM. Of the request it takes only the public key.</summary>
    /// <param name="certificateRequestPem">PKCS #10, signed by its own key, which must be ECDSA P-256.</param>
    /// <param name="host">Whom it is for; decided here, never by who asks.</param>
    /// <param name="clock">Gives the time it is made at; the certificate begins five minutes before.</param>
    /// <param name="lifetime">Null for <see cref="DefaultLifetime"/>; never longer than the CA's own.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.CertificateRequestInvalid"/>, <see cref="ErrorCodes.UsageInvalid"/>, or
    /// <see cref="ErrorCodes.CertificateRefused"/> where the CA itself has expired.</exception>
    public string Sign(string certificateRequestPem, HostIdentity host, TimeProvider clock, TimeSpan? lifetime = null)
    {
        Invariant.Check(lifetime is null || lifetime > TimeSpan.Zero);
        host.Require();
        var now = clock.GetUtcNow();
        var end = CertificateValidity.Of(_certificate).End;
        if (now >= end)
            throw new OperationException(
                ErrorCodes.CertificateRefused,
                $"signing a certificate for {host.Name}: the cluster's CA expired on {CertificateFields.Date(end)}");
        var key = CertificateRequestKey.Read(certificateRequestPem);
        var validity = new CertificateValidity(now - CertificateTemplate.ClockTolerance, now + (lifetime ?? DefaultLifetime));
        using var certificate = CertificateTemplate.ForHost(key, host, _certificate, validity);
        return certificate.ExportCertificatePem() + "\n";
    }

    public void Dispose() => _certificate.Dispose();

    private static OperationException Exists(TrustPaths paths) => new(
        ErrorCodes.AuthorityExists,
        $"creating a CA in {paths.Directory}: {paths.CaCertificate} exists",
        "this host belongs to a cluster already; to begin anew, move the directory away first");
}
