using Howdah.Postgres.Replication;

namespace Howdah.Operations.Backup;

/// <summary>One file of a backup.</summary>
/// <param name="Path">Relative to the data directory, safe to put below one; files of tablespaces are
/// <c>pg_tblspc/&lt;oid&gt;/…</c>.</param>
/// <param name="Size">Bytes that will come.</param>
/// <param name="Modified">To the second.</param>
public sealed record BackupFile(string Path, long Size, DateTimeOffset Modified);

/// <summary>What a sink is told before anything else.</summary>
/// <param name="Tablespaces">Without the data directory itself.</param>
/// <param name="GroupAccess">The server lets its group read: directories 0750 and files 0640 instead of 0700 and 0600.</param>
public sealed record BackupSinkStart(IReadOnlyList<TablespaceInfo> Tablespaces, bool GroupAccess);

/// <summary>
/// Where a base backup goes. Called by one task: begin, then directories and files one after the other, the manifest, complete.
/// Disposing before <see cref="CompleteAsync"/> has ended leaves nothing behind.
/// </summary>
public interface IBackupSink : IAsyncDisposable
{
    ValueTask BeginAsync(BackupSinkStart start, CancellationToken cancellationToken);

    /// <summary>A directory, by the path rules of <see cref="BackupFile"/>; its parent came before.</summary>
    ValueTask AddDirectoryAsync(string path, CancellationToken cancellationToken);

    ValueTask BeginFileAsync(BackupFile file, CancellationToken cancellationToken);

    /// <param name="bytes">Valid during the call only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    ValueTask EndFileAsync(CancellationToken cancellationToken);

    /// <summary>A stream to write <c>backup_manifest</c> to; the caller disposes it.</summary>
    Stream CreateManifest();

    /// <summary>The manifest that was written.</summary>
    Stream OpenManifest();

    /// <summary>Returns when everything would survive a power cut.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
