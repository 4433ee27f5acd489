using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;

namespace Howdah.Cluster.Tests.Agents;

/// <summary>Calls that nobody makes; a test overrides those that are made.</summary>
internal abstract class UnusedChannel : IAgentChannel
{
    public virtual Task<HostReport> ReadReportAsync(HostModel host, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public virtual Task<string> RenewAsync(HostModel host, string request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<ClusterFileRevision> ReadClusterFileAsync(HostModel host, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<ClusterPlan> PlanAsync(HostModel host, string text, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task WriteClusterFileAsync(HostModel host, ClusterFileRevision file, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<int> RunCommandAsync(
        HostModel host, IReadOnlyList<string> arguments, Action<CommandOutput> wrote, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
