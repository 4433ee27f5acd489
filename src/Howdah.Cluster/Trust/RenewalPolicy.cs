namespace Howdah.Cluster.Trust;

/// <summary>When a certificate is renewed, and when its end is trouble. Pure.</summary>
public static class RenewalPolicy
{
    /// <summary>What is left when nobody has noticed in months: long enough to bring a host in again by hand.</summary>
    public static readonly TimeSpan Trouble = TimeSpan.FromDays(7);

    /// <summary>
    /// From here on every host's certificate ends with the authority, before its year is over. Whoever looks once a month has a dozen
    /// looks left.
    /// </summary>
    public static readonly TimeSpan AuthorityWarning = CertificateAuthority.DefaultLifetime;

    /// <summary>What takes the place of an authority is a new cluster: that takes a maintenance window, not an hour.</summary>
    public static readonly TimeSpan AuthorityTrouble = TimeSpan.FromDays(30);

    /// <summary>Less than a third of its lifetime is left: four months of a year, in which a host may be away for a while.</summary>
    public static bool IsLate(HostCertificate certificate, DateTimeOffset now) =>
        certificate.End - now < (certificate.End - certificate.Begin) / 3;

    /// <summary>It is late, and another would be good for longer: none is that ends with the authority.</summary>
    public static bool IsDue(HostCertificate certificate, DateTimeOffset now) =>
        IsLate(certificate, now) && certificate.End < certificate.AuthorityEnd;
}
