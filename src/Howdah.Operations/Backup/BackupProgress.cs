namespace Howdah.Operations.Backup;

public enum BackupPhase
{
    /// <summary>The server makes its checkpoint; nothing is sent yet.</summary>
    Checkpoint,

    /// <summary>Bytes come in.</summary>
    Receiving,

    /// <summary>Everything was received; it is compared with the manifest and forced to disk.</summary>
    Finishing,

    /// <summary>Waiting until the repository holds the WAL that the backup needs.</summary>
    WaitingForWal,
    Done,
}

/// <summary>The phases in words, for what is shown of a backup.</summary>
public static class BackupPhaseText
{
    public static string Of(BackupPhase phase) =>
        phase switch
        {
            BackupPhase.Checkpoint => "the server makes its checkpoint",
            BackupPhase.Receiving => "receiving",
            BackupPhase.Finishing => "comparing with the manifest, forcing to disk",
            BackupPhase.WaitingForWal => "waiting until the repository holds the WAL that the backup needs",
            _ => "done",
        };
}

/// <summary>How far a backup is.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="BytesDone">Received so far.</param>
/// <param name="EstimatedTotal">The server's estimate at the start, never below <paramref name="BytesDone"/>; null where it gave
/// none.</param>
/// <param name="Elapsed">Since the backup was asked for.</param>
public sealed record BackupProgress(BackupPhase Phase, long BytesDone, long? EstimatedTotal, TimeSpan Elapsed);

/// <summary>
/// Sees a backup go on: at each change of phase, and about four times a second while bytes come in; else nothing is told, so who shows how
/// long a phase takes needs a clock. Called on the backup's own task: be quick.
/// </summary>
public interface IBackupObserver
{
    void Report(BackupProgress progress);
}

/// <summary>An observer that looks away.</summary>
public sealed class NoBackupObserver : IBackupObserver
{
    public static readonly NoBackupObserver Instance = new();

    public void Report(BackupProgress progress)
    {
    }
}
