using Howdah.Core.Errors;
using Howdah.Postgres.Replication;
using Howdah.Repository.Snapshots;

namespace Howdah.Operations.Backup;

/// <summary>
/// Takes a base backup of a running server into a repository: a snapshot that exists only once the server has ended the backup, its
/// files match the manifest, they are on disk and the repository holds the WAL they need.
/// </summary>
public sealed class BackupOperation(TimeProvider time, IBackupObserver observer)
{
    private const string DefaultLabel = "howdah";

    /// <returns>The snapshot; its record names pages that failed their checksum, which then must not evict a clean one.</returns>
    /// <exception cref="OperationException">The backup failed; nothing of it is left.</exception>
    public async Task<Snapshot> RunAsync(BackupRequest request, CancellationToken cancellationToken)
    {
        RequireLabel(request.Label);
        await using var connection = await ReplicationConnection.OpenAsync(request.Connection, time, cancellationToken);
        using var draft = await request.Snapshots.BeginAsync(cancellationToken);
        try
        {
            request.Began?.Invoke(draft);
            return await RunAsync(request, connection, draft, cancellationToken);
        }
        catch
        {
            await draft.DiscardAsync();
            throw;
        }
    }

    private async Task<Snapshot> RunAsync(
        BackupRequest request, ReplicationConnection connection, SnapshotDraft draft, CancellationToken cancellationToken)
    {
        var sinkOptions = new DirectorySinkOptions
        {
            DataDirectory = draft.DataDirectory,
            ManifestPath = draft.ManifestPath,
            LocateTablespace = tablespace => draft.TablespaceDirectory(tablespace.Oid!.Value),
        };
        var options = new BaseBackupRunnerOptions
        {
            Label = request.Label is { Length: > 0 } label ? label : DefaultLabel,
            FastCheckpoint = request.FastCheckpoint,
            RateLimit = request.RateLimit,
            ExpectedSystem = request.System,
        };
        var relay = new PhaseRelay(observer);
        await using var sink = new DirectorySink(sinkOptions);
        var result = await new BaseBackupRunner(connection, time).RunAsync(sink, options, relay, cancellationToken);
        relay.Enter(BackupPhase.WaitingForWal);
        foreach (var needed in result.WalRanges)
            await request.Wal.WaitAsync(needed.Timeline, needed.Range, cancellationToken);
        var names = await TablespaceNames.ReadAsync(request, result.Tablespaces, cancellationToken);
        var record = SnapshotRecords.Create(request, draft, result, names);
        var snapshot = await draft.CommitAsync(record, contentIsDurable: true, cancellationToken);
        relay.Enter(BackupPhase.Done);
        return snapshot;
    }

    private static void RequireLabel(string? label)
    {
        // A line break would end the line of backup_label that the server reads back.
        if (label is not null && (label.AsSpan().ContainsAny('\n', '\r', '\0') || System.Text.Encoding.UTF8.GetByteCount(label) > 1024))
            throw new OperationException(ErrorCodes.UsageInvalid, "the backup's label is not one line of at most 1024 bytes");
    }

    /// <summary>The runner is done before the operation is: its last report becomes the wait for WAL.</summary>
    private sealed class PhaseRelay(IBackupObserver observer) : IBackupObserver
    {
        private BackupProgress? _last;

        public void Report(BackupProgress progress)
        {
            _last = progress;
            if (progress.Phase != BackupPhase.Done)
                observer.Report(progress);
        }

        public void Enter(BackupPhase phase)
        {
            Invariant.Check(_last is not null);
            observer.Report(_last with { Phase = phase });
        }
    }
}
