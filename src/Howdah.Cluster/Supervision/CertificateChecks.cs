using System.Globalization;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Trust;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// The certificates that hosts trust each other by: they end on a day that is known long before. Pure. Of a host that is not seen
/// nothing is said here: that it is not seen is said already.
/// </summary>
internal static class CertificateChecks
{
    public static IEnumerable<ProtectionCheck> Of(ObservedCluster seen)
    {
        foreach (var host in seen.Hosts.Where(host => host.IsSeen))
            yield return Host(host.Model.Name, host.Certificate, seen.At);
        if (seen.Hosts.Select(host => host.Certificate).FirstOrDefault(certificate => certificate is not null) is { } any)
            yield return Authority(any.AuthorityEnd, seen.At);
    }

    private static ProtectionCheck Host(string name, HostCertificate? certificate, DateTimeOffset now)
    {
        var subject = $"certificate {name}";
        if (certificate is null)
            return new ProtectionCheck(subject, Verdict.Unknown, "it cannot be read there, or the agent is an older one")
            {
                Reason = $"the certificate of {name} is not known: it cannot be read there, or the agent is an older one",
            };
        var why = certificate.RenewalFailure is { } failure ? $"; it could not be renewed: {failure}" : "";
        if (now > certificate.End)
            return Bad(subject, $"the certificate of {name} expired on {Day(certificate.End)}{why}");
        if (certificate.End - now <= RenewalPolicy.Trouble)
            return Bad(subject, $"the certificate of {name} ends on {Day(certificate.End)}{why}");
        return new ProtectionCheck(subject, Verdict.Good, $"good until {Day(certificate.End)}")
        {
            Warning = RenewalPolicy.IsLate(certificate, now) && why.Length > 0
                ? $"the certificate of {name} ends on {Day(certificate.End)}{why}"
                : null,
        };
    }

    private static ProtectionCheck Authority(DateTimeOffset end, DateTimeOffset now)
    {
        const string subject = "authority";
        if (now > end)
            return Bad(subject, $"the cluster's certificate authority expired on {Day(end)}: no host trusts another any more");
        var sentence = $"the cluster's certificate authority ends on {Day(end)}, and all certificates with it: see howdah cert --help";
        return end - now <= RenewalPolicy.AuthorityTrouble ? Bad(subject, sentence) : new(subject, Verdict.Good, $"good until {Day(end)}")
        {
            Warning = end - now < RenewalPolicy.AuthorityWarning ? sentence : null,
        };
    }

    private static string Day(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static ProtectionCheck Bad(string subject, string sentence) => new(subject, Verdict.Bad, sentence) { Reason = sentence };
}
