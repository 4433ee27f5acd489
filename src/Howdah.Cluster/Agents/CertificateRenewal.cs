using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>
/// Exchanges this host's key and certificate for new ones, signed by the host that has the authority's key. Killed anywhere it leaves the
/// old pair or the new one, and is simply done again.
/// </summary>
/// <param name="model">The cluster.</param>
/// <param name="self">This host's name in it.</param>
/// <param name="channel">The way to the others.</param>
/// <param name="time">Gives the time.</param>
public sealed class CertificateRenewal(ClusterModel model, string self, IAgentChannel channel, TimeProvider time)
{
    private TrustPaths Trust => model.Paths.Trust;

    /// <returns>The new certificate, which is in place.</returns>
    /// <exception cref="OperationException">No host signed it, or it cannot be installed; <see cref="ErrorCodes.Locked"/>: another process
    /// is at it.</exception>
    public async Task<HostCertificate> RunAsync(CancellationToken cancellationToken)
    {
        const string purpose = "renewing this host's certificate";
        using var held = StorageFailure.Run(purpose, () => FileLock.Acquire(Trust.RenewalLock, purpose));
        var request = HostKeyPair.CreateRequest(Trust, self);
        HostKeyPair.Install(Trust, await SignAsync(request, cancellationToken), time);
        new ClusterStateFiles(model.Paths).ClearRenewalFailure();
        return HostCertificate.Read(Trust);
    }

    private async Task<string> SignAsync(string request, CancellationToken cancellationToken)
    {
        if (Presence.OfFile(Trust.CaKey))
            return new Membership(model.Paths, time).Renew(model, self, new RenewalRequest(request)).Certificate;
        var failures = new List<OperationException>();
        foreach (var host in Members())
        {
            try
            {
                return await channel.RenewAsync(host, request, cancellationToken);
            }
            catch (OperationException failure)
            {
                failures.Add(failure);
            }
        }

        // Of those that could not be asked one may have the key; one that says that it has none has said enough.
        throw failures.Find(failure => failure.Code != ErrorCodes.AuthorityMissing) ?? new OperationException(
            ErrorCodes.AuthorityMissing, "renewing this host's certificate: none of the other hosts has the key of the cluster's authority",
            "it is on the host where howdah init was run; is that in the cluster file?");
    }

    /// <summary>The cluster was made on the host of the initial primary, and usually the key is there.</summary>
    private IEnumerable<HostModel> Members() => model.Hosts
        .Where(host => !string.Equals(host.Name, self, StringComparison.Ordinal))
        .OrderByDescending(host => host.Has(model.InitialPrimary));
}
