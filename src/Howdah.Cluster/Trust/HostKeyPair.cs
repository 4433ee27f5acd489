using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Trust;

/// <summary>A host's key and certificate: asked for, installed, and exchanged for new ones.</summary>
/// <remarks>
/// The first key and every later one go the same way: a pending key, a request for it, a certificate, one rename that puts both in place.
/// A kill at any moment leaves the old pair or the new one, and the same two calls again lead to the end. The private key never
/// leaves the host.
/// </remarks>
public static class HostKeyPair
{
    public static bool Exists(TrustPaths paths) => File.Exists(paths.HostPair);

    /// <summary>Makes a pending key where there is none, and returns a certificate request for it as PEM.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.UsageInvalid"/>, <see cref="ErrorCodes.TrustFileInvalid"/></exception>
    public static string CreateRequest(TrustPaths paths, string hostName)
    {
        HostIdentity.RequireName(hostName);
        using var held = TrustFiles.Acquire(paths, $"making a key in {paths.Directory}");
        using var key = OpenPending(paths) ?? MakePending(paths);
        // The CA decides on the name; it is in the request for people who read one.
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(hostName);
        return new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256).CreateSigningRequestPem() + "\n";
    }

    /// <summary>Puts the pending key and its certificate in place. Does nothing where that was done before.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.CertificateRefused"/>: it is for another key, or the peers of this host
    /// would not accept it.</exception>
    public static void Install(TrustPaths paths, string certificatePem, TimeProvider clock)
    {
        using var held = TrustFiles.Acquire(paths, $"installing a certificate in {paths.Directory}");
        using var certificate = Pem.TryParseCertificate(certificatePem) ?? throw Refused("it is no certificate in PEM");
        using var key = ReadPending(paths);
        if (IsInstalled(paths, certificate))
        {
            RemovePending(paths, key, certificate);
            return;
        }

        if (key is null)
            throw Refused("no certificate was asked for here");
        if (!IsFor(certificate, key))
            throw Refused("it is for another key than the pending one");
        using (var validator = PeerValidator.Open(paths))
        {
            var verdict = validator.Check(certificate, expectedHostName: null, clock);
            if (!verdict.IsAccepted)
                throw Refused(verdict.Reason);
        }

        TrustFiles.Write(paths.HostPair, [.. Pem.OfCertificate(certificate), .. Pem.OfKey(key)], AtomicFile.OwnerOnly);
        TrustFiles.Delete(paths.PendingKey);
    }

    /// <summary>The certificate with its private key, as TLS streams take it.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.AuthorityMissing"/> where the host has none yet, or
    /// <see cref="ErrorCodes.TrustFileInvalid"/></exception>
    public static X509Certificate2 Load(TrustPaths paths)
    {
        var content = TrustFiles.Read(paths.HostPair) ?? throw new OperationException(
            ErrorCodes.AuthorityMissing,
            $"opening the host's certificate: {paths.HostPair} does not exist",
            "join the host to the cluster");
        using var certificate = Pem.ParseCertificate(content, paths.HostPair);
        using var key = Pem.ParseKey(content, paths.HostPair);
        return Pem.Join(certificate, key, paths.HostPair);
    }

    private static ECDsa? ReadPending(TrustPaths paths) =>
        TrustFiles.Read(paths.PendingKey) is { } content ? Pem.ParseKey(content, paths.PendingKey) : null;

    // A pending key that is in the pair already is left over from a kill after the rename: a rotation must not keep it.
    private static ECDsa? OpenPending(TrustPaths paths)
    {
        var key = ReadPending(paths);
        if (key is null || !Exists(paths))
            return key;
        using var installed = Load(paths);
        if (!IsFor(installed, key))
            return key;
        key.Dispose();
        TrustFiles.Delete(paths.PendingKey);
        return null;
    }

    private static ECDsa MakePending(TrustPaths paths)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        TrustFiles.Write(paths.PendingKey, Pem.OfKey(key), AtomicFile.OwnerOnly);
        return key;
    }

    private static bool IsInstalled(TrustPaths paths, X509Certificate2 certificate)
    {
        if (!Exists(paths))
            return false;
        using var installed = Load(paths);
        return installed.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span);
    }

    private static void RemovePending(TrustPaths paths, ECDsa? key, X509Certificate2 installed)
    {
        if (key is not null && IsFor(installed, key))
            TrustFiles.Delete(paths.PendingKey);
    }

    private static bool IsFor(X509Certificate2 certificate, ECDsa key) =>
        certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo());

    private static OperationException Refused(string seen) => new(
        ErrorCodes.CertificateRefused, $"installing the host's certificate: {seen}", "ask for a new certificate");
}
