using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Cluster.Tests.Agents;

/// <summary>
/// The directories of three hosts of a cluster, made as howdah init and howdah join make them; the calls between them are made in this
/// process. The clock stands until it is moved.
/// </summary>
internal sealed class AgentHosts : UnusedChannel, IDisposable
{
    public static readonly DateTimeOffset Beginning = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("howdah-hosts-").FullName;

    public AgentHosts()
    {
        var first = ModelOf("master");
        new Membership(first.Paths, Clock).Create(first, first.Source, first.FindHost("master")!);
        foreach (var host in new[] { "slave", "backup" })
        {
            var trust = ModelOf(host).Paths.Trust;
            var answer = Admit(host, HostKeyPair.CreateRequest(trust, host));
            using var authority = CertificateAuthority.Open(first.Paths.Trust);
            AuthorityCertificate.Install(trust, answer.Authority, authority.Fingerprint);
            HostKeyPair.Install(trust, answer.Certificate, Clock);
            Directory.CreateDirectory(ModelOf(host).Paths.StateDirectory);
        }
    }

    public FakeTimeProvider Clock { get; } = new(Beginning);

    public Membership Members => new(ModelOf("master").Paths, Clock);

    /// <summary>Hosts that were asked for a new certificate, in order.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Who asks, by its certificate.</summary>
    public string Caller { get; set; } = "slave";

    /// <summary>What a host answers instead of a certificate.</summary>
    public Dictionary<string, OperationException> Failures { get; } = new(StringComparer.Ordinal);

    public static OperationException NoKey => new(ErrorCodes.AuthorityMissing, "backup: ca.key is not on this host");

    public ClusterModel ModelOf(string host) => ClusterConfigReader.Read(
        $"""
        [cluster]
        name = "lab"
        postgresql = 15
        directory = "{_directory}/{host}"
        [[nodes]]
        name = "master"
        address = "10.0.10.2"
        [[nodes]]
        name = "slave"
        address = "10.0.10.3"
        [backup]
        name = "backup"
        address = "10.0.10.4"
        """,
        "howdah.toml", new ConfigDefaults { ClusterRoot = _directory }).Model!;

    public HostCertificate CertificateOf(string host) => HostCertificate.Read(ModelOf(host).Paths.Trust);

    public JoinAnswer Admit(string host, string request)
    {
        var token = Members.IssueToken(ModelOf("master"), host, TimeSpan.FromHours(1));
        return Members.Admit(ModelOf("master"), new JoinRequest(host, token.Secret.Reveal(), request));
    }

    public override Task<string> RenewAsync(HostModel host, string request, CancellationToken cancellationToken)
    {
        Asked.Add(host.Name);
        return Failures.TryGetValue(host.Name, out var failure)
            ? Task.FromException<string>(failure)
            : Task.FromResult(
                new Membership(ModelOf(host.Name).Paths, Clock).Renew(ModelOf(host.Name), Caller, new RenewalRequest(request)).Certificate);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
