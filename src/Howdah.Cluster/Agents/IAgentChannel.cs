using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>Calls to the agents of other hosts. Each call has a deadline of its own, and authenticates both sides.</summary>
/// <remarks>All methods throw <see cref="OperationException"/>: unreachable, not trusted, or what the agent answered.</remarks>
public interface IAgentChannel
{
    Task<HostReport> ReadReportAsync(HostModel host, CancellationToken cancellationToken);

    Task<ClusterFileRevision> ReadClusterFileAsync(HostModel host, CancellationToken cancellationToken);

    /// <summary>What the host would do by another cluster file; see <see cref="IAgentService.PlanAsync"/>.</summary>
    Task<ClusterPlan> PlanAsync(HostModel host, string text, CancellationToken cancellationToken);

    /// <summary>Gives the host a newer cluster file; one that is not newer is refused.</summary>
    Task WriteClusterFileAsync(HostModel host, ClusterFileRevision file, CancellationToken cancellationToken);

    /// <summary>Carries out a command there; what it writes comes as it is written. Returns its exit code.</summary>
    Task<int> RunCommandAsync(
        HostModel host, IReadOnlyList<string> arguments, Action<CommandOutput> wrote, CancellationToken cancellationToken);

    /// <summary>Asks the host that has the authority's key for a new certificate.</summary>
    Task<string> RenewAsync(HostModel host, string request, CancellationToken cancellationToken);
}
