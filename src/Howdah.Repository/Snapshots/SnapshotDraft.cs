using Howdah.Core.Errors;
using Howdah.Repository.Json;
using Howdah.Storage;

namespace Howdah.Repository.Snapshots;

/// <summary>
/// A snapshot that is being taken. Its lock says that its owner lives; once the owner is gone without
/// <see cref="CommitAsync"/>, the next <see cref="SnapshotCatalogue.BeginAsync"/> removes it.
/// </summary>
/// <remarks>
/// Owned by one task. Disposing an uncommitted draft leaves it for that cleaning; <see cref="DiscardAsync"/> removes it now.
/// </remarks>
public sealed class SnapshotDraft : IDisposable
{
    private readonly FileLock _lock;
    private bool _finished;

    internal SnapshotDraft(string id, string directory, FileLock fileLock)
    {
        Id = id;
        Directory = directory;
        _lock = fileLock;
    }

    public string Id { get; }

    /// <summary><c>snapshots/&lt;id&gt;.draft</c>.</summary>
    public string Directory { get; }

    /// <summary>Where the data directory's copy goes. Made with the draft, empty.</summary>
    public string DataDirectory => SnapshotLayout.Data(Directory);

    /// <summary>Where the backup manifest goes.</summary>
    public string ManifestPath => Path.Combine(Directory, SnapshotLayout.Manifest);

    /// <summary>Where a tablespace's copy goes. Not made yet.</summary>
    public string TablespaceDirectory(uint oid) => SnapshotLayout.Tablespace(Directory, oid);

    /// <summary>
    /// Makes the snapshot: everything in it, then its name, then its record, each durable before the next. The record is the commit.
    /// </summary>
    /// <param name="record">Its id is the draft's.</param>
    /// <param name="contentIsDurable">True where whoever wrote the files has synced them and their directories.</param>
    /// <param name="ct">Ends the wait before the commit; not after.</param>
    public Task<Snapshot> CommitAsync(SnapshotRecord record, bool contentIsDurable, CancellationToken ct)
    {
        Invariant.Check(record.Id == Id && !_finished);
        ct.ThrowIfCancellationRequested();
        var final = Directory[..^SnapshotLayout.DraftSuffix.Length];
        StorageFailure.Run($"committing snapshot {Id}", () =>
        {
            if (!contentIsDurable)
                DirectorySync.FlushTree(Directory, ct);
            else
                DirectorySync.Flush(Directory);
            Invariant.Check(DurableFile.TryRename(Directory, final));
            var content = RepositoryJson.Write(record, RepositoryJson.Default.SnapshotRecord);
            Invariant.Check(AtomicFile.PutIfAbsent(Path.Combine(final, SnapshotRecord.FileName), content) == PutResult.Created);
        });
        Finish();
        return Task.FromResult(new Snapshot(record, final));
    }

    /// <summary>Removes the draft and everything in it.</summary>
    public Task DiscardAsync()
    {
        if (_finished)
            return Task.CompletedTask;
        StorageFailure.Run($"removing the unfinished snapshot {Id}", () =>
        {
            if (Presence.OfDirectory(Directory))
                System.IO.Directory.Delete(Directory, recursive: true);
        });
        Finish();
        return Task.CompletedTask;
    }

    public void Dispose() => _lock.Dispose();

    private void Finish()
    {
        _finished = true;
        File.Delete(_lock.Path);
        _lock.Dispose();
    }
}
