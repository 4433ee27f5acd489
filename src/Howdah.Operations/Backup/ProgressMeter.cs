namespace Howdah.Operations.Backup;

/// <summary>Turns counted bytes into progress reports. Used by the backup's task.</summary>
internal sealed class ProgressMeter(IBackupObserver observer, TimeProvider time)
{
    // The clock is looked at with every message: some 25 ns for each 32 KiB. So few bytes, at a low rate limit, are reported as soon.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly long _began = time.GetTimestamp();
    private long _lastReport;
    private long _bytes;
    private long? _total;

    public BackupPhase Phase { get; private set; } = BackupPhase.Checkpoint;

    public TimeSpan Elapsed => time.GetElapsedTime(_began);

    public void Enter(BackupPhase phase)
    {
        Phase = phase;
        Report();
    }

    public void Expect(long? totalBytes) => _total = totalBytes;

    public void Add(int bytes)
    {
        _bytes += bytes;
        if (time.GetElapsedTime(_lastReport) >= Interval)
            Report();
    }

    private void Report()
    {
        _lastReport = time.GetTimestamp();
        long? total = _total is { } estimate ? Math.Max(estimate, _bytes) : null;
        observer.Report(new BackupProgress(Phase, _bytes, total, Elapsed));
    }
}
