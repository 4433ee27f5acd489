using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Agents;

/// <summary>Which host of the cluster this machine is: what its certificate says.</summary>
public static class AgentIdentity
{
    /// <exception cref="OperationException">It has no certificate of a cluster.</exception>
    public static string Read(ClusterPaths paths)
    {
        using var own = HostKeyPair.Load(paths.Trust);
        return CertificateFields.HostName(own) ?? throw new OperationException(
            ErrorCodes.TrustFileInvalid, $"{paths.Trust.HostPair} names no host", "join the cluster again");
    }

    /// <summary>Null where the cluster is on one machine, or this machine is in none.</summary>
    public static string? Find(ClusterPaths paths) => HostKeyPair.Exists(paths.Trust) ? Read(paths) : null;
}
