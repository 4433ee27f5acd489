using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Observation;

/// <summary>This host's certificate, with what is known of its renewal.</summary>
public static class OwnCertificate
{
    /// <summary>Null where the host has none: it is in no cluster on several machines.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.TrustFileInvalid"/></exception>
    public static HostCertificate? Find(ClusterPaths paths) => HostCertificate.Find(paths.Trust) is { } own
        ? own with { RenewalFailure = new ClusterStateFiles(paths).ReadRenewalFailure()?.Reason }
        : null;
}
