using System.Globalization;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>Gives a revision of the cluster file to hosts. One that is away gets it from the others later.</summary>
internal sealed class ClusterFileDelivery(Invocation run, ClusterModel applied)
{
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: no host took it.</exception>
    public async Task SendAsync(ClusterFileRevision offered, IReadOnlyList<HostModel> hosts, CancellationToken cancellationToken)
    {
        using var channel = new AgentClient(applied, run.Host.Time);
        var taken = 0;
        foreach (var host in hosts)
        {
            try
            {
                await channel.WriteClusterFileAsync(host, offered, cancellationToken);
                taken++;
            }
            catch (OperationException failure)
            {
                run.Say($"{host.Name} did not take it: {failure.Message}");
            }
        }

        if (taken == 0)
            throw new OperationException(ErrorCodes.Refused, "no host took the cluster file", "see howdah status");
        run.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{taken} of {hosts.Count} hosts have revision {offered.Revision} of the cluster file; see howdah status"));
    }
}
