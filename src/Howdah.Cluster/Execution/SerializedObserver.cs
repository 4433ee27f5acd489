using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

/// <summary>Lets calls through one at a time: the receiver and the steps report from their own threads.</summary>
internal sealed class SerializedObserver(IClusterObserver inner) : IClusterObserver
{
    private readonly Lock _gate = new();

    public void Planned(ClusterPlan plan) => Run(() => inner.Planned(plan));

    public void StepStarted(PlanStep step) => Run(() => inner.StepStarted(step));

    public void StepProgressed(PlanStep step, StepProgress progress) => Run(() => inner.StepProgressed(step, progress));

    public void StepFinished(PlanStep step, TimeSpan took) => Run(() => inner.StepFinished(step, took));

    public void StepFailed(PlanStep step, OperationException failure) => Run(() => inner.StepFailed(step, failure));

    public void Announced(Announcement announcement) => Run(() => inner.Announced(announcement));

    private void Run(Action call)
    {
        lock (_gate)
            call();
    }
}
