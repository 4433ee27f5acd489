using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

/// <summary>
/// Observe, plan, do the next step, and again, until nothing is left. Nothing is remembered between rounds but what the machine
/// itself shows, so a process that dies anywhere is simply run again.
/// </summary>
internal sealed class Reconciler(ClusterWorkshop workshop)
{
    /// <summary>A step that was carried out this often and is wanted once more does not do what it should, or is undone.</summary>
    private const int MostRepeats = 3;

    /// <summary>Many times the steps of the largest cluster; only a bug gets here.</summary>
    private const int MostRounds = 1000;

    private readonly StepExecutor _executor = new(workshop);

    /// <returns>The steps that were carried out.</returns>
    /// <exception cref="OperationException">A step failed, or something stands in the way that no step can mend.</exception>
    public async Task<IReadOnlyList<PlanStep>> ConvergeAsync(CancellationToken cancellationToken)
    {
        var done = new List<PlanStep>();
        string? announced = null;
        for (var round = 0; round < MostRounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var seen = await workshop.ObserveAsync(cancellationToken);
            var plan = Planner.Plan(workshop.Model, seen);
            var shape = string.Join(';', plan.Steps.Select(step => step.Id));
            if (!string.Equals(shape, announced, StringComparison.Ordinal))
                workshop.Observer.Planned(plan);
            if (Choose(plan) is not { } next)
                return done;
            if (done.Count(step => string.Equals(step.Id, next.Id, StringComparison.Ordinal)) >= MostRepeats)
            {
                throw new OperationException(
                    ErrorCodes.ConvergenceFailed, $"{next.Text}: done {MostRepeats} times, and it is still needed: {next.Reason}",
                    "look at the server's log");
            }

            await CarryOutAsync(next, seen, cancellationToken);
            done.Add(next);
            announced = string.Join(';', plan.Steps.Skip(1).Select(step => step.Id));
        }

        throw new OperationException(ErrorCodes.ConvergenceFailed, $"{MostRounds} steps were done and the plan does not end");
    }

    /// <summary>An obstacle of ours is told when there is nothing else to do.</summary>
    private PlanStep? Choose(ClusterPlan plan)
    {
        var next = plan.NextFor(workshop.Model, workshop.Self.Name);
        return next is not null || plan.ObstacleOn(workshop.Self.Name) is not { } obstacle ? next : throw obstacle.ToRefusal();
    }

    private async Task CarryOutAsync(PlanStep step, ObservedCluster seen, CancellationToken cancellationToken)
    {
        var began = workshop.Time.GetTimestamp();
        workshop.Observer.StepStarted(step);
        try
        {
            if (Directory.Exists(workshop.Model.Paths.StateDirectory))
                workshop.Files.WriteIntent(new IntentRecord(step.Id, step.Text, workshop.Time.GetUtcNow(), System.Environment.ProcessId));
            await _executor.ExecuteAsync(step, seen, cancellationToken);
            workshop.Files.ClearIntent();
        }
        catch (OperationException failure)
        {
            workshop.Observer.StepFailed(step, failure);
            throw;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var translated = Storage.StorageFailure.Describe(step.Text, failure);
            workshop.Observer.StepFailed(step, translated);
            throw translated;
        }

        workshop.Observer.StepFinished(step, workshop.Time.GetElapsedTime(began));
    }
}
