using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Repository.Json;
using Howdah.Storage;

namespace Howdah.Repository.Snapshots;

/// <summary>The snapshots of a repository. A directory without a record is none, whatever else it holds.</summary>
public sealed class SnapshotCatalogue
{
    // More than one snapshot a second for this long means that something starts backups in a loop.
    private const int MostDraftsPerSecond = 100;

    private readonly TimeProvider _time;

    internal SnapshotCatalogue(string directory, TimeProvider time)
    {
        Directory = directory;
        _time = time;
    }

    /// <summary><c>&lt;repository&gt;/snapshots</c>.</summary>
    public string Directory { get; }

    /// <summary>Removes what dead owners left, then makes a new draft.</summary>
    public async Task<SnapshotDraft> BeginAsync(CancellationToken ct)
    {
        await CleanAsync(ct);
        return StorageFailure.Run($"beginning a snapshot in {Directory}", Begin);
    }

    /// <summary>All snapshots, the oldest first.</summary>
    /// <exception cref="OperationException">A record cannot be read: nothing is left out silently.</exception>
    public Task<IReadOnlyList<Snapshot>> ListAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var directories = StorageFailure.Run($"listing {Directory}", () => Presence.OfDirectory(Directory)
            ? System.IO.Directory.GetDirectories(Directory)
            : []);
        var snapshots = directories
            .Where(static path => !path.EndsWith(SnapshotLayout.DraftSuffix, StringComparison.Ordinal) && IsCommitted(path))
            .Select(Read)
            .OrderBy(static snapshot => snapshot.Record.StoppedAt)
            .ThenBy(static snapshot => snapshot.Id, StringComparer.Ordinal)
            .ToArray();
        return Task.FromResult<IReadOnlyList<Snapshot>>(snapshots);
    }

    /// <summary>One snapshot.</summary>
    /// <param name="selector"><c>latest</c> (also <c>newest</c>, <c>last</c>), <c>oldest</c> (also <c>first</c>), an id, or the
    /// beginning of exactly one.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.SnapshotNotFound"/>, naming what there is.</exception>
    public async Task<Snapshot> FindAsync(string selector, CancellationToken ct)
    {
        var all = await ListAsync(ct);
        var matches = selector switch
        {
            "latest" or "newest" or "last" => all.TakeLast(1).ToArray(),
            "oldest" or "first" => all.Take(1).ToArray(),
            _ when all.FirstOrDefault(snapshot => snapshot.Id == selector) is { } exact => [exact],
            _ => all.Where(snapshot => snapshot.Id.StartsWith(selector, StringComparison.OrdinalIgnoreCase)).ToArray(),
        };
        if (matches.Length == 1)
            return matches[0];
        var seen = all.Count == 0 ? "the repository holds no snapshot" : $"it holds {all.Count}, the newest is {all[^1].Id}";
        throw new OperationException(
            ErrorCodes.SnapshotNotFound,
            matches.Length == 0
                ? $"looking for snapshot '{selector}' in {Directory}: {seen}"
                : $"'{selector}' begins {matches.Length} snapshots' names",
            "howdah backups lists them");
    }

    /// <summary>
    /// Removes drafts, and directories that never got their record, whose owner no longer lives. Returns what was removed.
    /// </summary>
    public Task<IReadOnlyList<string>> CleanAsync(CancellationToken ct)
    {
        var removed = new List<string>();
        StorageFailure.Run($"cleaning {Directory}", () =>
        {
            if (!Presence.OfDirectory(Directory))
                return;
            foreach (var path in System.IO.Directory.GetDirectories(Directory))
            {
                ct.ThrowIfCancellationRequested();
                if (!IsCommitted(path) && TryRemoveAbandoned(path))
                    removed.Add(path);
            }
        });
        return Task.FromResult<IReadOnlyList<string>>(removed);
    }

    private static Snapshot Read(string directory)
    {
        var path = Path.Combine(directory, SnapshotRecord.FileName);
        var record = RepositoryJson.Read(path, SnapshotRecord.CurrentFormat, RepositoryJson.Default.SnapshotRecord);
        return record.Id == Path.GetFileName(directory) ? new Snapshot(record, directory) : throw new OperationException(
            ErrorCodes.SnapshotCorrupt,
            $"reading {path}: it names snapshot {record.Id}",
            "the directory was renamed or copied by hand; give it its own name back");
    }

    private static bool IsCommitted(string directory) =>
        !directory.EndsWith(SnapshotLayout.DraftSuffix, StringComparison.Ordinal)
            && Presence.OfFile(Path.Combine(directory, SnapshotRecord.FileName));

    private static bool TryRemoveAbandoned(string directory)
    {
        var name = directory.EndsWith(SnapshotLayout.DraftSuffix, StringComparison.Ordinal)
            ? directory[..^SnapshotLayout.DraftSuffix.Length]
            : directory;
        using var held = FileLock.TryAcquire(name + SnapshotLayout.LockSuffix);
        if (held is null)
            return false;

        // Between the listing and the lock the owner may have committed, or another cleaner may have been here: look again.
        var abandoned = Presence.OfDirectory(directory) && !IsCommitted(directory);
        if (abandoned)
            System.IO.Directory.Delete(directory, recursive: true);
        File.Delete(held.Path);
        return abandoned;
    }

    private SnapshotDraft Begin()
    {
        DirectorySync.Create(Directory);
        var name = _time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
        for (var number = 1; number <= MostDraftsPerSecond; number++)
        {
            var id = number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
            var path = Path.Combine(Directory, id);
            if (FileLock.TryAcquire(path + SnapshotLayout.LockSuffix) is not { } held)
                continue;
            var draft = path + SnapshotLayout.DraftSuffix;
            if (!Presence.OfDirectory(path) && !Presence.OfDirectory(draft))
            {
                DirectorySync.Create(SnapshotLayout.Data(draft));
                return new SnapshotDraft(id, draft, held);
            }

            File.Delete(held.Path);
            held.Dispose();
        }

        throw new OperationException(
            ErrorCodes.Locked,
            $"beginning snapshot {name}: {MostDraftsPerSecond} snapshots began in the same second",
            "see what starts backups in a loop");
    }
}
