using System.Globalization;
using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary>What <c>howdah cert</c> prints: of this host what is on it, of the others what their agents say.</summary>
internal static class CertificateList
{
    private static readonly string[] Head = ["HOST", "SERIAL", "BEGINS", "ENDS", "DAYS LEFT", "SEEN"];

    public static async Task PrintAsync(Invocation run, ClusterModel model, CancellationToken cancellationToken)
    {
        var list = await ReadAsync(run.Host.Time, model, cancellationToken);
        if (run.IsJson)
        {
            JsonOutput.Write(run.Out, list, CliJson.Default.CertificateListJson);
            return;
        }

        TextColumns.Write(run.Out, list.Hosts.Select(Row).Prepend(Head));
        foreach (var failed in list.Hosts.Where(host => host.RenewalFailure is not null))
            run.Out.WriteLine($"{failed.Host} could not renew its certificate: {failed.RenewalFailure}");
        var (fingerprint, ends, daysLeft) = list.Authority;
        run.Out.WriteLine();
        run.Out.WriteLine($"authority {fingerprint}");
        run.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ends {Day(ends)}, {daysLeft} days left"));
    }

    public static string Day(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static async Task<CertificateListJson> ReadAsync(TimeProvider time, ClusterModel model, CancellationToken cancellationToken)
    {
        var self = AgentIdentity.Read(model.Paths);
        var own = OwnCertificate.Find(model.Paths) ?? throw new OperationException(
            ErrorCodes.AuthorityMissing, $"reading this host's certificate: {model.Paths.Trust.HostPair} does not exist",
            "join the cluster");
        using var channel = new AgentClient(model, time);
        var peers = new PeerWatch(model, self, channel, time);
        await peers.AskOnceAsync(cancellationToken);
        var now = time.GetUtcNow();
        var authority = new AuthorityJson(
            own.AuthorityFingerprint, own.AuthorityEnd, CertificateJson.DaysUntil(own.AuthorityEnd, now));
        return new CertificateListJson(
            model.Name,
            authority,
            [.. model.Hosts.Select(host => host.Name == self
                ? new CertificateJson(self) { AgeSeconds = 0 }.With(own, now)
                : Of(host.Name, peers.Look(host), now))]);
    }

    private static CertificateJson Of(string host, PeerSight sight, DateTimeOffset now)
    {
        var entry = new CertificateJson(host)
        {
            AgeSeconds = sight.Age?.TotalSeconds,
            Problem = sight.Problem ?? (sight.Report?.Certificate is null ? "it cannot be read there, or the agent is an older one" : null),
        };
        return sight.Report?.Certificate is { } certificate ? entry.With(certificate, now) : entry;
    }

    private static IReadOnlyList<string> Row(CertificateJson host) =>
    [
        host.Host,
        host.Serial ?? "",
        host.Begins is { } begins ? Day(begins) : "",
        host.Ends is { } ends ? Day(ends) : "",
        host.DaysLeft?.ToString(CultureInfo.InvariantCulture) ?? "",
        host.Problem ?? (host.AgeSeconds is { } age and >= 1 ? $"{Amounts.Span(TimeSpan.FromSeconds(age))} ago" : "now"),
    ];
}
