using Howdah.Cluster.Trust;

namespace Howdah.Cli.Json;

/// <summary>What <c>cert --json</c> prints.</summary>
internal sealed record CertificateListJson(string Cluster, AuthorityJson Authority, IReadOnlyList<CertificateJson> Hosts);

/// <param name="Fingerprint">SHA-256 of the authority's certificate.</param>
/// <param name="Ends">No certificate of the cluster is good for longer.</param>
/// <param name="DaysLeft">Whole days, cut; negative once it has ended.</param>
internal sealed record AuthorityJson(string Fingerprint, DateTimeOffset Ends, int DaysLeft);

/// <summary>One host: what is known of its certificate, or why nothing is.</summary>
internal sealed record CertificateJson(string Host)
{
    public string? Serial { get; init; }

    public DateTimeOffset? Begins { get; init; }

    public DateTimeOffset? Ends { get; init; }

    /// <summary>Whole days, cut; negative once it has ended.</summary>
    public int? DaysLeft { get; init; }

    /// <summary>Of the authority that signed it, as the host has it.</summary>
    public string? AuthorityFingerprint { get; init; }

    /// <summary>Why it could not be renewed when that was tried last.</summary>
    public string? RenewalFailure { get; init; }

    /// <summary>How old this is; zero of the host that was asked on.</summary>
    public double? AgeSeconds { get; init; }

    /// <summary>Why the host cannot be seen now.</summary>
    public string? Problem { get; init; }

    public CertificateJson With(HostCertificate certificate, DateTimeOffset now) => this with
    {
        Serial = certificate.Serial,
        Begins = certificate.Begin,
        Ends = certificate.End,
        DaysLeft = DaysUntil(certificate.End, now),
        AuthorityFingerprint = certificate.AuthorityFingerprint,
        RenewalFailure = certificate.RenewalFailure,
    };

    public static int DaysUntil(DateTimeOffset end, DateTimeOffset now) => (int)Math.Floor((end - now).TotalDays);
}
