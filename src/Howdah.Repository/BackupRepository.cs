using System.Security.Cryptography;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Repository.Drills;
using Howdah.Repository.Json;
using Howdah.Repository.Snapshots;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Repository;

/// <summary>
/// A directory in which WAL and snapshots rest (docs/repository-format.md). No object in it is ever rewritten.
/// </summary>
/// <remarks>Immutable and safe to share between threads; processes are kept apart by locks where they would disturb each other.</remarks>
public sealed class BackupRepository
{
    private readonly RepositoryOptions _options;

    private BackupRepository(string directory, RepositoryRecord record, RepositoryOptions options)
    {
        Directory = directory;
        Id = record.Id;
        Created = record.Created;
        _options = options;
        Snapshots = new SnapshotCatalogue(Path.Combine(directory, "snapshots"), options.Time);
    }

    /// <summary>The absolute path of the repository.</summary>
    public string Directory { get; }

    /// <summary>16 hexadecimal digits, made when the repository was.</summary>
    public string Id { get; }

    public DateTimeOffset Created { get; }

    public SnapshotCatalogue Snapshots { get; }

    /// <summary>Results of drills, one immutable JSON file each.</summary>
    public DrillLog Drills => new(Path.Combine(Directory, "drills"));

    /// <summary>Opens the repository, or makes one of an empty or missing directory.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.RepositoryInvalid"/> where the directory holds something
    /// else.</exception>
    public static BackupRepository CreateOrOpen(string directory, RepositoryOptions options)
    {
        var full = Path.GetFullPath(directory);
        var file = Path.Combine(full, RepositoryRecord.FileName);
        StorageFailure.Run($"making a repository in {full}", () =>
        {
            if (Presence.OfFile(file))
                return;
            DirectorySync.Create(full);
            RefuseForeignContent(full);
            var record = new RepositoryRecord(
                RepositoryRecord.CurrentFormat, RandomNumberGenerator.GetHexString(16, lowercase: true), options.Time.GetUtcNow());
            AtomicFile.PutIfAbsent(file, RepositoryJson.Write(record, RepositoryJson.Default.RepositoryRecord));
        });
        return Open(full, options);
    }

    /// <summary>A repository is there, whether or not it can be opened.</summary>
    public static bool IsAt(string directory) => Presence.OfFile(Path.Combine(directory, RepositoryRecord.FileName));

    /// <summary>Opens an existing repository.</summary>
    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.RepositoryUnavailable"/> where it cannot be read or is not there, <see cref="ErrorCodes.RepositoryInvalid"/>
    /// where its format is not known.
    /// </exception>
    public static BackupRepository Open(string directory, RepositoryOptions options)
    {
        var full = Path.GetFullPath(directory);
        var file = Path.Combine(full, RepositoryRecord.FileName);
        var record = RepositoryJson.Read(file, RepositoryRecord.CurrentFormat, RepositoryJson.Default.RepositoryRecord);
        return new BackupRepository(full, record, options);
    }

    /// <summary>The WAL of one system; made where it is not there yet.</summary>
    /// <param name="system">Whose WAL.</param>
    /// <param name="segmentSize">Its segment size: checked against what is stored.</param>
    public WalStore Wal(SystemIdentifier system, WalSegmentSize segmentSize) =>
        WalStore.CreateOrOpen(
            WalDirectory(system),
            new LineageRecord(LineageRecord.CurrentFormat, system, NewLineage(), segmentSize, _options.Time.GetUtcNow()),
            _options);

    /// <summary>The WAL of one system; null where the repository holds none.</summary>
    public WalStore? FindWal(SystemIdentifier system) =>
        Presence.OfFile(Path.Combine(WalDirectory(system), LineageRecord.FileName))
            ? WalStore.Open(WalDirectory(system), system, _options)
            : null;

    /// <summary>The systems whose WAL is held.</summary>
    public IReadOnlyList<SystemIdentifier> ListSystems()
    {
        var root = Path.Combine(Directory, "wal");
        return StorageFailure.Run($"listing {root}", () => !Presence.OfDirectory(root)
            ? []
            : System.IO.Directory.EnumerateDirectories(root)
                .Where(static path => Presence.OfFile(Path.Combine(path, LineageRecord.FileName)))
                .Select(static path => ulong.TryParse(Path.GetFileName(path), out var value) ? value : 0)
                .Where(static value => value != 0)
                .Order()
                .Select(static value => new SystemIdentifier(value))
                .ToArray());
    }

    private static void RefuseForeignContent(string directory)
    {
        var foreign = System.IO.Directory.EnumerateFileSystemEntries(directory)
            .Select(Path.GetFileName)
            .FirstOrDefault(static name => !name!.StartsWith('.') && name != "lost+found");
        if (foreign is not null)
        {
            throw new OperationException(
                ErrorCodes.RepositoryInvalid,
                $"making a repository in {directory}: the directory is not empty, it holds '{foreign}'",
                "name an empty directory, or one that does not exist");
        }
    }

    private static string NewLineage() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    private string WalDirectory(SystemIdentifier system) => Path.Combine(Directory, "wal", system.ToString());
}
