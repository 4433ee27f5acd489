using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// Stops what a cluster has on this host: the primary while its followers take its last WAL, then the receiver, then the standbys.
/// </summary>
/// <param name="workshop">The cluster's.</param>
/// <param name="nodes">Those to stop; of other hosts' none is.</param>
internal sealed class Shutdown(ClusterWorkshop workshop, IReadOnlyList<NodeModel> nodes)
{
    private static readonly TimeSpan PrimaryDeadline = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StandbyDeadline = TimeSpan.FromMinutes(1);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var seen = await workshop.ObserveAsync(cancellationToken);
        var primaries = seen.Nodes.Where(node => node.Server.IsRunning && !node.HasStandbyMarker).Select(node => node.Model)
            .Where(Stops).ToList();
        foreach (var primary in primaries)
            await StopPrimaryAsync(primary, cancellationToken);
        await workshop.Receiver.StopAsync();
        foreach (var node in nodes.Where(Stops).Except(primaries))
            await workshop.Server(node).StopAsync(ShutdownMode.Fast, StandbyDeadline, cancellationToken);
    }

    private bool Stops(NodeModel node) => nodes.Contains(node) && workshop.Self.Has(node);

    private async Task StopPrimaryAsync(NodeModel primary, CancellationToken cancellationToken)
    {
        try
        {
            await workshop.Server(primary).StopAsync(ShutdownMode.Fast, PrimaryDeadline, cancellationToken);
        }
        catch (OperationException failure) when (failure.Code == ErrorCodes.ServerStopFailed)
        {
            // It waits for a follower that confirms nothing. Without followers it need not wait.
            workshop.Announce(
                AnnouncementLevel.Warning,
                $"{primary.Name} waits for a follower that does not confirm its last WAL; the followers stop first");
            await workshop.Receiver.StopAsync();
            foreach (var node in nodes.Where(node => Stops(node) && node != primary))
                await workshop.Server(node).StopAsync(ShutdownMode.Fast, StandbyDeadline, cancellationToken);
            await workshop.Server(primary).StopAsync(ShutdownMode.Fast, PrimaryDeadline, cancellationToken);
        }
    }
}
