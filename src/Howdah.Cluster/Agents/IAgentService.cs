using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>
/// What an agent answers to others. Callers have been authenticated: all but <see cref="Admit"/> are for members of the cluster, and
/// <see cref="Status"/> for everybody where the cluster file says so. Thread-safe; every call but <see cref="PlanAsync"/> returns at once.
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

    /// <summary>
    /// What this host would do by another cluster file, as things are now. Changes nothing. PostgreSQL reads the settings for it, so it
    /// takes a moment.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ConfigurationInvalid"/>: the file is wrong, or PostgreSQL would refuse
    /// it; <see cref="ErrorCodes.Refused"/>: data of this host would be left behind.</exception>
    Task<ClusterPlan> PlanAsync(string text, CancellationToken cancellationToken);

    /// <summary>Takes a newer cluster file; one that is not newer is refused.</summary>
    void TakeClusterFile(ClusterFileRevision offered);

    /// <summary>Lets a host in whose token is right.</summary>
    JoinAnswer Admit(JoinRequest request);

    /// <param name="host">Who asks, by its certificate.</param>
    /// <param name="request">For which key.</param>
    RenewalAnswer Renew(string host, RenewalRequest request);
}
