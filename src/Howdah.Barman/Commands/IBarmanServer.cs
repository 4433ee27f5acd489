using Howdah.Barman.Facts;
using Howdah.Core.Wal;

namespace Howdah.Barman.Commands;

/// <summary>What the commands need of one server: the cluster itself, or a scripted one in tests of the commands' flow.</summary>
internal interface IBarmanServer
{
    ServerPolicy Policy { get; }

    /// <summary>The clock of waits and durations.</summary>
    TimeProvider Time { get; }

    /// <summary>Everything for <c>check</c>.</summary>
    /// <param name="withSize">Also the size of the databases, which takes the server a walk through them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<ServerFacts> ObserveAsync(bool withSize, CancellationToken cancellationToken);

    Task<Observed<ReplicationFacts>> ReadReplicationAsync(CancellationToken cancellationToken);

    Task<Observed<CatalogueFacts>> ReadCatalogueAsync(CancellationToken cancellationToken);

    /// <summary>Asks the primary to close its segment.</summary>
    /// <param name="force">Writes something first, so that there is something to close.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<SwitchOutcome> SwitchWalAsync(bool force, CancellationToken cancellationToken);

    /// <summary>Names of the whole segments that the repository holds of the server's current timeline, in order.</summary>
    Task<IReadOnlyList<string>> ListSegmentsAsync(CancellationToken cancellationToken);

    /// <summary>Takes a base backup into the repository.</summary>
    /// <exception cref="Core.Errors.OperationException">It failed; nothing of it was kept.</exception>
    Task<BackupFacts> BackupAsync(BackupOrder order, IBackupProgress progress, CancellationToken cancellationToken);
}

/// <summary>What became of a wish to close the current segment.</summary>
internal enum SwitchVerdict
{
    /// <summary>A segment was closed.</summary>
    Closed,

    /// <summary>Nothing was written since the last switch.</summary>
    NotRequired,

    /// <summary>The role may not do it.</summary>
    NoPrivilege,

    /// <summary>The role may write nothing that would force a switch.</summary>
    NoForcePrivilege,

    /// <summary>The server could not be asked, or refused.</summary>
    Impossible,
}

/// <summary>Answer of <see cref="IBarmanServer.SwitchWalAsync"/>.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="Segment">The closed segment; none unless closed.</param>
/// <param name="Detail">The cause, or what was done to force the switch.</param>
internal sealed record SwitchOutcome(SwitchVerdict Verdict, WalSegment? Segment, string Detail);

/// <summary>What <c>backup</c> was asked for.</summary>
internal sealed record BackupOrder
{
    public string? Name { get; init; }

    public bool ImmediateCheckpoint { get; init; }

    /// <summary>Kilobytes (1024) per second; null for the cluster file's limit.</summary>
    public int? KilobytesPerSecond { get; init; }
}

/// <summary>Sees a backup come along, for the console.</summary>
internal interface IBackupProgress
{
    /// <summary>The place and the id are known.</summary>
    void Began(string id, string directory);

    /// <summary>The server has made its checkpoint and sends.</summary>
    void CopyBegan(Lsn start, WalSegment segment);

    /// <summary>All files have arrived.</summary>
    void CopyEnded(TimeSpan elapsed);
}
