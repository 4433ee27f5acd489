using Howdah.Cluster.Configuration;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>
/// What an agent answers to others. Callers have been authenticated: all but <see cref="Admit"/> are for members of the cluster, and
/// <see cref="Status"/> for everybody where the cluster file says so. Thread-safe; every call returns at once.
/// </summary>
/// <remarks>All methods throw <see cref="OperationException"/>, which is the caller's answer.</remarks>
public interface IAgentService
{
    /// <summary>The cluster by the file that is applied now.</summary>
    ClusterModel Model { get; }

    /// <summary>This host's name in it.</summary>
    string Host { get; }

    /// <summary>What this host has seen of itself, at most a few seconds ago.</summary>
    HostReport Report();

    /// <summary>The whole cluster, as seen from here.</summary>
    ClusterStatus Status();

    ClusterFileRevision ReadClusterFile();

    /// <summary>Takes a newer cluster file; one that is not newer is refused.</summary>
    void TakeClusterFile(ClusterFileRevision offered);

    /// <summary>Lets a host in whose token is right.</summary>
    JoinAnswer Admit(JoinRequest request);

    /// <param name="host">Who asks, by its certificate.</param>
    /// <param name="request">For which key.</param>
    RenewalAnswer Renew(string host, RenewalRequest request);
}
