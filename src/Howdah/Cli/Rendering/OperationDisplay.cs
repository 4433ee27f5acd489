using Howdah.Cluster.Execution;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cli.Rendering;

/// <summary>Tells on standard error what a cluster operation does: a line per step that is done, progress of the one that runs.</summary>
internal sealed class OperationDisplay(Invocation run) : IClusterObserver, IDisposable
{
    /// <summary>A step that takes longer has its time behind it.</summary>
    private static readonly TimeSpan WorthTelling = TimeSpan.FromSeconds(1);

    private readonly ProgressLine _progress = new(run);
    private readonly Style _style = new(run.ErrorHasColor);
    private readonly TimeProvider _time = run.Host.Time;
    private long _countingSince;
    private int _steps;

    /// <summary>Steps carried out so far.</summary>
    public int Steps => _steps;

    public void Planned(ClusterPlan plan)
    {
        if (run.IsVerbose)
            run.Say(_style.Faint($"{plan.Steps.Count} steps to do"));
    }

    public void StepStarted(PlanStep step)
    {
        _countingSince = _time.GetTimestamp();
        if (run.IsVerbose && !run.Host.ErrorIsTerminal)
            run.Say($"{step.Text} ({step.Reason})");
        _progress.Show(ProgressState.Bare(step.Text));
    }

    public void StepProgressed(PlanStep step, StepProgress progress)
    {
        if (progress.Doing is { } doing)
        {
            // The rate is that of the bytes: an hour of checkpoint before them is no part of it.
            _countingSince = _time.GetTimestamp();
            _progress.Show(ProgressState.Bare($"{step.Text}: {doing}"));
            return;
        }

        if (progress.Unit != "bytes")
            return;
        _progress.Show(ProgressState.Counted(step.Text, progress.Done, progress.Total, _time.GetElapsedTime(_countingSince)));
    }

    public void StepFinished(PlanStep step, TimeSpan took)
    {
        _steps++;
        _progress.Clear();
        run.Say($"{_style.Good("✓")} {step.Text}{(took >= WorthTelling ? _style.Faint($" ({Amounts.Span(took)})") : "")}");
    }

    public void StepFailed(PlanStep step, OperationException failure)
    {
        _progress.Clear();
        // Why is said by the error that ends the command, or by the service's announcement.
        run.Say($"{_style.Bad("✗")} {step.Text}");
    }

    public void Announced(Announcement announcement)
    {
        var text = announcement.Level switch
        {
            AnnouncementLevel.Problem => _style.Bad(announcement.Text),
            AnnouncementLevel.Warning => _style.Unsure(announcement.Text),
            _ => announcement.Text,
        };
        _progress.Interrupt(() =>
        {
            run.Say($"{_style.Faint(Amounts.ExactMoment(announcement.At))} {text}");
            if (announcement.Hint is not null)
                run.Say($"    {announcement.Hint}");
        });
    }

    public void Clear() => _progress.Clear();

    public void Dispose() => _progress.Dispose();
}
