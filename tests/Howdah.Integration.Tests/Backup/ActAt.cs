using Howdah.Operations.Backup;

namespace Howdah.Integration.Tests.Backup;

/// <summary>Does something once when a backup has come far enough.</summary>
internal sealed class ActAt(BackupPhase phase, long bytes, Action act) : IBackupObserver
{
    public bool Acted { get; private set; }

    public void Report(BackupProgress progress)
    {
        if (Acted || progress.Phase != phase || progress.BytesDone < bytes)
            return;
        Acted = true;
        act();
    }
}
