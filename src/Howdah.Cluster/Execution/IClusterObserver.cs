using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

public enum AnnouncementLevel
{
    Information,
    Warning,
    Problem,
}

/// <summary>Something that happened and that a person wants to know; one line, no full stop, no secrets.</summary>
public sealed record Announcement(DateTimeOffset At, AnnouncementLevel Level, string Text)
{
    /// <summary>What to do about it; null where nothing is to be done.</summary>
    public string? Hint { get; init; }
}

/// <summary>How far a step is. <see cref="Total"/> is null where it is not known; it may grow.</summary>
public sealed record StepProgress(long Done, long? Total, string Unit)
{
    /// <summary>What the step does now that nothing is counted, in words; null while it counts.</summary>
    public string? Doing { get; init; }
}

/// <summary>
/// Hears what a cluster operation does. Calls come from any thread, one at a time, and must return at once;
/// an exception from here ends the operation.
/// </summary>
public interface IClusterObserver
{
    /// <summary>The whole plan as it is now known; comes again when it has changed.</summary>
    void Planned(ClusterPlan plan);

    void StepStarted(PlanStep step);

    void StepProgressed(PlanStep step, StepProgress progress);

    void StepFinished(PlanStep step, TimeSpan took);

    /// <summary>The operation ends with this error, unless it says that it tries again.</summary>
    void StepFailed(PlanStep step, OperationException failure);

    void Announced(Announcement announcement);
}

/// <summary>Hears nothing.</summary>
public sealed class SilentObserver : IClusterObserver
{
    public static readonly SilentObserver Instance = new();

    public void Planned(ClusterPlan plan)
    {
    }

    public void StepStarted(PlanStep step)
    {
    }

    public void StepProgressed(PlanStep step, StepProgress progress)
    {
    }

    public void StepFinished(PlanStep step, TimeSpan took)
    {
    }

    public void StepFailed(PlanStep step, OperationException failure)
    {
    }

    public void Announced(Announcement announcement)
    {
    }
}
