using Howdah.Operations.Backup;

namespace Howdah.Cli.Rendering;

/// <summary>Tells on standard error how far a backup is: each of its phases, and how long it takes.</summary>
internal sealed class BackupDisplay(Invocation run) : IBackupObserver, IDisposable
{
    private readonly ProgressLine _line = new(run);
    private BackupPhase? _phase;
    private long _since;

    public void Report(BackupProgress progress)
    {
        if (_phase != progress.Phase)
            Enter(progress.Phase);
        if (progress.Phase == BackupPhase.Done)
            _line.Clear();
        else if (progress.Phase == BackupPhase.Receiving)
            _line.Show(ProgressState.Counted("backup", progress.BytesDone, progress.EstimatedTotal, run.Host.Time.GetElapsedTime(_since)));
        else
            _line.Show(ProgressState.Bare($"backup: {BackupPhaseText.Of(progress.Phase)}"));
    }

    public void Clear() => _line.Clear();

    public void Dispose() => _line.Dispose();

    private void Enter(BackupPhase phase)
    {
        var time = run.Host.Time;
        _line.Interrupt(() =>
        {
            if (run.IsVerbose && _phase is { } ended)
                run.Say($"{BackupPhaseText.Of(ended)}: took {Amounts.Span(time.GetElapsedTime(_since))}");
            // A backup that nobody watches on a terminal says at once what it waits for, not after 30 s.
            if (run.IsVerbose || phase is BackupPhase.WaitingForWal)
                run.Say(BackupPhaseText.Of(phase));
        });
        _phase = phase;
        _since = time.GetTimestamp();
    }
}
