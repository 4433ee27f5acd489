using System.Globalization;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

/// <summary>
/// Does what a node of this machine needs, until nothing of it is left. On several machines other hosts have their share in that, such as
/// the primary's with the slot: their agents do it, and it is waited for.
/// </summary>
internal sealed class NodeConvergence(ClusterWorkshop workshop, NodeModel node)
{
    /// <summary>Of others. They look every second, and a standby that was copied streams within seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <exception cref="OperationException">A step failed, something stands in the way, or others did not do their share in
    /// time.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var reconciler = new Reconciler(workshop);
        var waited = workshop.Time.GetTimestamp();
        while (true)
        {
            var done = await reconciler.ConvergeAsync(cancellationToken);
            if (workshop.Model.IsOnOneMachine)
                return;
            if (done.Count > 0)
                waited = workshop.Time.GetTimestamp();
            var seen = await workshop.ObserveAsync(cancellationToken);
            var left = Planner.Plan(workshop.Model, seen).Steps.FirstOrDefault(
                step => step.Host == workshop.Self.Name && string.Equals(step.Subject, node.Name, StringComparison.Ordinal));
            // Who sees no primary sees nothing to do, either.
            if (left is null && seen.Topology.Primary is not null)
                return;
            if (workshop.Time.GetElapsedTime(waited) > Patience)
                throw NotDone(left);
            await Task.Delay(Interval, workshop.Time, cancellationToken);
        }
    }

    private static OperationException NotDone(PlanStep? left) => new(
        ErrorCodes.ServerTimeout,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{left?.Text ?? "wait for a primary"}: not so within {Patience.TotalMinutes:0} min: {left?.Reason ?? "none is seen"}"),
        "the agents go on with it; howdah status tells which host does not do its share");
}
