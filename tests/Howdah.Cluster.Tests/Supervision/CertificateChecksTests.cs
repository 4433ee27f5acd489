using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;
using Howdah.Cluster.Tests.Planning;
using Howdah.Cluster.Trust;

namespace Howdah.Cluster.Tests.Supervision;

public sealed class CertificateChecksTests
{
    private static readonly DateTimeOffset Now = SeenCluster.Now;

    [Theory]
    [InlineData(300, null, "good", "good until 2027-09-19 09:00 UTC")]
    [InlineData(100, null, "good", "good until 2027-03-03 09:00 UTC")]
    [InlineData(300, "down", "good", "good until 2027-09-19 09:00 UTC")]
    [InlineData(100, "down", "warn", "the certificate of slave ends on 2027-03-03 09:00 UTC; it could not be renewed: down")]
    [InlineData(8, "down", "warn", "the certificate of slave ends on 2026-12-01 09:00 UTC; it could not be renewed: down")]
    [InlineData(7, "down", "bad", "the certificate of slave ends on 2026-11-30 09:00 UTC; it could not be renewed: down")]
    [InlineData(7, null, "bad", "the certificate of slave ends on 2026-11-30 09:00 UTC")]
    [InlineData(-1, "down", "bad", "the certificate of slave expired on 2026-11-22 09:00 UTC; it could not be renewed: down")]
    public void The_end_of_a_certificate_is_told_in_time(int daysLeft, string? failure, string verdict, string said)
    {
        var check = Checks(Certificate(daysLeft) with { RenewalFailure = failure }).Single(check => check.Subject == "certificate slave");
        Assert.Equal((verdict, said), (Word(check), check.Warning ?? check.Finding));
    }

    [Theory]
    [InlineData(3000, "good")]
    [InlineData(360, "warn")]
    [InlineData(30, "bad")]
    [InlineData(-1, "bad")]
    public void The_end_of_the_authority_is_told_in_time(int daysLeft, string verdict)
    {
        var check = Checks(Certificate(300) with { AuthorityEnd = Now.AddDays(daysLeft) }).Single(check => check.Subject == "authority");
        Assert.Equal(verdict, Word(check));
    }

    [Fact]
    public void What_is_not_known_is_not_good()
    {
        var silent = Checks(null).Single(check => check.Subject == "certificate slave");
        Assert.Equal(Verdict.Unknown, silent.Verdict);
        Assert.NotNull(silent.Reason);
    }

    [Fact]
    public void A_warning_is_in_the_status_and_leaves_the_cluster_protected()
    {
        var failing = Certificate(100) with { RenewalFailure = "down" };
        var seen = Seen(failing);
        var status = new StatusReporter(SimulatedHosts.Model).Report(seen, null);
        Assert.Equal(
            "the certificate of slave ends on 2027-03-03 09:00 UTC; it could not be renewed: down", Assert.Single(status.Warnings));
        Assert.DoesNotContain(status.Reasons, reason => reason.Contains("certificate", StringComparison.Ordinal));
        Assert.Equal(failing, status.Hosts.Single(host => host.Name == "slave").Certificate);
    }

    [Fact]
    public void On_one_machine_there_are_no_certificates() =>
        Assert.DoesNotContain(
            new StatusReporter(SeenCluster.Model).Report(SeenCluster.Well(), null).Checks,
            check => check.Subject.Contains("certificate", StringComparison.Ordinal) || check.Subject == "authority");

    [Fact]
    public void A_host_that_is_alone_on_a_network_has_one_too()
    {
        var seen = SeenCluster.Well();
        var expired = seen with { Hosts = [SeenCluster.Host with { Certificate = Certificate(-1) }] };
        Assert.Equal(Verdict.Bad, new StatusReporter(SeenCluster.Model).Report(expired, null).Protected);
    }

    private static IEnumerable<ProtectionCheck> Checks(HostCertificate? slave) => CertificateChecks.Of(Seen(slave));

    /// <summary>Three hosts of which one has this certificate.</summary>
    private static ObservedCluster Seen(HostCertificate? slave)
    {
        var seen = new SimulatedHosts().SeenFrom("master");
        return seen with
        {
            Hosts =
            [
                .. seen.Hosts.Select(host => host with
                {
                    Certificate = host.Model.Name == "slave" ? slave : Certificate(300) with
                    {
                        AuthorityEnd = slave?.AuthorityEnd ?? Now.AddYears(9),
                    },
                }),
            ],
        };
    }

    private static HostCertificate Certificate(int daysLeft) => new("1a", Now.AddDays(daysLeft - 365), Now.AddDays(daysLeft))
    {
        AuthorityFingerprint = "f",
        AuthorityEnd = Now.AddYears(9),
    };

    private static string Word(ProtectionCheck check) =>
        check.Warning is not null ? "warn" : check.Verdict.ToString().ToLowerInvariant();
}
