using Howdah.Cli.Rendering;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Daemon;

/// <summary>Tells in the log what the agent does: a line when a step begins, one when it ends, one for each announcement.</summary>
internal sealed class LoggingObserver(AgentLog log) : IClusterObserver
{
    public void Planned(ClusterPlan plan)
    {
    }

    public void StepStarted(PlanStep step) => log.Information($"{step.Id}: {step.Text} ({step.Reason})");

    public void StepProgressed(PlanStep step, StepProgress progress)
    {
    }

    public void StepFinished(PlanStep step, TimeSpan took) => log.Information($"{step.Id}: done in {Amounts.Span(took)}");

    public void StepFailed(PlanStep step, OperationException failure) =>
        log.Problem($"{step.Id}: failed: {failure.Code}: {failure.Message}{Hint(failure.Hint)}");

    public void Announced(Announcement announcement) =>
        log.Write(
            announcement.Level switch
            {
                AnnouncementLevel.Problem => LogSeverity.Problem,
                AnnouncementLevel.Warning => LogSeverity.Warning,
                _ => LogSeverity.Information,
            },
            announcement.Text + Hint(announcement.Hint));

    private static string Hint(string? hint) => hint is null ? "" : $" (hint: {hint})";
}
