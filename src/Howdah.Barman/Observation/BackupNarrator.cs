using Howdah.Barman.Commands;
using Howdah.Operations.Backup;

namespace Howdah.Barman.Observation;

/// <summary>
/// Turns the phases of a backup into Barman's steps. Like Barman, it shows the server's position when the backup is asked for; recovery
/// begins at the redo point of the checkpoint that follows, which <c>show-backup</c> shows.
/// </summary>
internal sealed class BackupNarrator(IBackupProgress progress, WalPosition position) : IBackupObserver
{
    private bool _ended;

    public void Began(string id, string directory)
    {
        progress.Began(id, directory);
        progress.CopyBegan(position.Lsn, position.Segment);
    }

    public void Report(BackupProgress seen)
    {
        if (_ended || seen.Phase is not (BackupPhase.Finishing or BackupPhase.WaitingForWal or BackupPhase.Done))
            return;
        _ended = true;
        progress.CopyEnded(seen.Elapsed);
    }
}
