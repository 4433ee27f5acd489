using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>Fetches the cluster file from a host that has a newer one: so who was away while it was applied has it, too.</summary>
internal sealed class FileExchange(HostAgent agent, PeerWatch peers, AgentClient channel, AppliedFile applied)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public async Task RunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            await LookAsync(cancellationToken);
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var newer = applied.Model.Hosts
            .Where(host => host.Name != agent.Host
                && peers.Look(host) is { Problem: null, Report.Revision: var revision } && revision > applied.Revision)
            .OrderByDescending(host => peers.Look(host).Report!.Revision)
            .FirstOrDefault();
        if (newer is null)
            return;
        try
        {
            agent.TakeClusterFile(await channel.ReadClusterFileAsync(newer, cancellationToken));
        }
        catch (Exception failure) when (failure is OperationException || StorageFailure.IsStorageError(failure))
        {
            // Its agent may just have gone away, somebody else was faster, or the disk is full: the next look shows.
        }
    }
}
