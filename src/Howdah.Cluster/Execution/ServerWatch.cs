using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Execution;

/// <summary>
/// Who waits for one server may wait for another's WAL without knowing it. When a server has ended that ran as the step was planned,
/// something else is to be done first, and waiting longer helps nobody.
/// </summary>
internal sealed class ServerWatch(ClusterWorkshop workshop, ObservedCluster planned)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    public bool HasLostServer => HasLostServerBesides(null);

    /// <summary>Carries out the work for one server, which is left unfinished when another server ends meanwhile.</summary>
    public async Task RunAsync(NodeModel subject, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var working = work(stop.Token);
        var losing = AwaitLossAsync(subject, stop.Token);
        var isLost = await Task.WhenAny(working, losing) == losing && !cancellationToken.IsCancellationRequested;
        await stop.CancelAsync();
        try
        {
            await working;
        }
        catch (OperationCanceledException) when (isLost)
        {
            // The plan goes on with the server that was lost.
        }
    }

    private async Task AwaitLossAsync(NodeModel subject, CancellationToken cancellationToken)
    {
        try
        {
            while (!HasLostServerBesides(subject))
                await Task.Delay(Interval, workshop.Time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The work has ended first.
        }
    }

    private bool HasLostServerBesides(NodeModel? subject) => planned.Nodes.Any(
        node => node.Model != subject && node.Server.IsRunning && !IsRunning(node.Model));

    /// <summary>Of another host what its agent said last; what cannot be seen is not lost.</summary>
    private bool IsRunning(NodeModel node) => workshop.Self.Has(node)
        ? workshop.Server(node).ReadStatus().IsRunning
        : workshop.Environment.Peers.Look(workshop.Model.HostOf(node)) is not { Problem: null, Report: { } report }
            || report.Nodes.Any(seen => string.Equals(seen.Name, node.Name, StringComparison.Ordinal) && seen.Server.IsRunning);
}
