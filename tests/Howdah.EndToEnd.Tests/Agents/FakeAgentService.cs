using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Core.Units;

namespace Howdah.EndToEnd.Tests.Agents;

/// <summary>An agent without servers; tokens and certificates are real.</summary>
internal sealed class FakeAgentService(ClusterModel model, CertificateAuthority authority, TimeProvider time) : IAgentService
{
    public ClusterModel Model { get; set; } = model;

    public string Host => AgentScene.Self;

    /// <summary>What the next call fails with.</summary>
    public Exception? Failure { get; set; }

    public List<ClusterFileRevision> Taken { get; } = [];

    public List<string> Renewed { get; } = [];

    public HostReport Report() => Failure is { } failure ? throw failure : new HostReport
    {
        Host = Host,
        Version = "1",
        At = time.GetUtcNow(),
        Nodes = [],
    };

    public ClusterStatus Status() => Failure is { } failure ? throw failure : new ClusterStatus
    {
        Cluster = Model.Name,
        At = time.GetUtcNow(),
        Protected = Verdict.Unknown,
        Checks = [],
        Nodes = [],
        Backup = new BackupStatus(Host) { Verdict = Verdict.Unknown },
        Hosts = [new HostStatus(Host, TimeSpan.Zero, null)],
    };

    public ClusterFileRevision ReadClusterFile() => new(7, "[cluster]\n", null);

    public Task<ClusterPlan> PlanAsync(string text, CancellationToken cancellationToken) => Task.FromResult(new ClusterPlan(
        [new PlanStep(PlanStepKind.WriteConfiguration, Host, text, "it was asked for") { Host = Host }],
        [new PlanObstacle(Host, "something", "do something")]));

    public void TakeClusterFile(ClusterFileRevision offered)
    {
        if (offered.Revision <= 7)
            throw new OperationException(ErrorCodes.Refused, $"revision {offered.Revision} is not newer than 7");
        Taken.Add(offered);
    }

    public JoinAnswer Admit(JoinRequest request)
    {
        new TokenStore(Model.Paths.Trust).Redeem(new Secret(request.Token), request.Host, time);
        return new JoinAnswer(
            Model.Name,
            authority.Sign(request.Request, new HostIdentity(request.Host, ["127.0.0.1"]), time),
            File.ReadAllText(Model.Paths.Trust.CaCertificate),
            ReadClusterFile() with
            {
                Passwords = new Dictionary<string, string> { ["howdah_replication"] = "one", ["howdah_backup"] = "two" },
            });
    }

    public RenewalAnswer Renew(string host, RenewalRequest request)
    {
        Renewed.Add(host);
        return new RenewalAnswer(authority.Sign(request.Request, new HostIdentity(host, ["127.0.0.1"]), time));
    }
}
