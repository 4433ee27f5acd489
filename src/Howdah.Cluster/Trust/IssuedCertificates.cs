using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Trust;

/// <summary>A certificate that the cluster's CA has signed for a host.</summary>
/// <param name="Serial">Lower case hexadecimal, no leading zeros.</param>
/// <param name="Host">Whom it speaks for.</param>
/// <param name="Begin">From when it is good.</param>
/// <param name="End">Until when.</param>
public sealed record IssuedCertificate(string Serial, string Host, DateTimeOffset Begin, DateTimeOffset End);

/// <summary>
/// The certificates that this host has signed: what revoking a host has to know. Safe for the threads and processes of this machine.
/// </summary>
/// <remarks>
/// A certificate is in it before it is given away, so that none is good that nobody knows of. Those that have expired are forgotten:
/// nobody takes them any more.
/// </remarks>
public sealed class IssuedCertificates(TrustPaths paths)
{
    /// <summary>
    /// A host that asks for one an hour, because it fails to install what it gets, needs 8760 in the year that they are good for; more than
    /// that is an attack or a bug. Less than 250 bytes each keep the file below what is read.
    /// </summary>
    public const int MaxEntries = 10_000;

    private const int Format = 1;

    /// <summary>Notes a certificate that is about to be given away. When it returns, the note is on disk.</summary>
    /// <param name="certificatePem">From <see cref="CertificateAuthority.Sign"/>.</param>
    /// <param name="clock">Tells which of the older ones have expired.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.TrustLimitReached"/>,
    /// <see cref="ErrorCodes.TrustFileInvalid"/></exception>
    public void Add(string certificatePem, TimeProvider clock)
    {
        using var certificate = Pem.TryParseCertificate(certificatePem);
        Invariant.Check(certificate is not null);
        var (begin, end) = CertificateValidity.Of(certificate);
        using var held = TrustFiles.Acquire(paths, "recording a certificate");
        var kept = Read().Where(issued => issued.End >= clock.GetUtcNow()).ToList();
        if (kept.Count >= MaxEntries)
            throw new OperationException(
                ErrorCodes.TrustLimitReached,
                $"signing a certificate: {kept.Count} that have not expired were signed already",
                $"see in {paths.Issued} which host asks for so many");
        kept.Add(new IssuedCertificate(
            CertificateFields.Serial(certificate), CertificateFields.HostName(certificate) ?? string.Empty, begin, end));
        TrustFiles.Write(
            paths.Issued, TrustJson.Write(new IssuedFile(Format, kept), TrustJson.Default.IssuedFile), AtomicFile.OwnerOnly);
    }

    /// <summary>Those of the host that have not expired, the oldest first; none where nothing was recorded.</summary>
    public IReadOnlyList<IssuedCertificate> FindUnexpired(string host, TimeProvider clock) =>
        [.. Read().Where(issued => string.Equals(issued.Host, host, StringComparison.Ordinal) && issued.End >= clock.GetUtcNow())];

    private IReadOnlyList<IssuedCertificate> Read()
    {
        if (TrustFiles.Read(paths.Issued) is not { } content)
            return [];
        var file = TrustJson.Read(content, paths.Issued, TrustJson.Default.IssuedFile);
        if (file.Format != Format)
            throw TrustFiles.Invalid(paths.Issued, $"format version {file.Format} is not known, only {Format}");
        return file.Issued.Contains(null!) ? throw TrustFiles.Invalid(paths.Issued, "an entry is no certificate") : file.Issued;
    }
}
