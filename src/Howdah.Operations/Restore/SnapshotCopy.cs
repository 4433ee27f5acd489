using System.Globalization;
using System.Security.Cryptography;
using Howdah.Core.Errors;
using Howdah.Postgres.DataDirectory;
using Howdah.Repository.Snapshots;
using Howdah.Storage;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Operations.Restore;

/// <summary>Copies a snapshot's files, proving each against the manifest as it passes. pg_control comes last, by itself.</summary>
/// <remarks>The manifest is read as a stream, so memory does not grow with the number of files: workers × 1 MiB.</remarks>
internal sealed class SnapshotCopy(Snapshot snapshot, RestoreDestination destination, IProgress<RestoreProgress>? progress)
{
    // Reading, hashing and writing overlap; more workers than this only fight for the disk.
    private const int MostWorkers = 4;

    private const string TablespaceRoot = "pg_tblspc";

    private readonly Lock _gate = new();
    private ManifestFile? _control;
    private long _listed;
    private long _bytes;

    /// <summary>Files copied.</summary>
    public long Files => _listed;

    public long Bytes => _bytes;

    /// <summary>Everything but pg_control and tablespace_map, which would bring back the old places.</summary>
    public async Task CopyAsync(CancellationToken ct)
    {
        var present = MakeDirectories(snapshot.DataDirectory, destination.Directory);
        foreach (var (oid, place) in destination.Tablespaces)
            present += MakeDirectories(snapshot.TablespaceDirectory(oid), place);
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Min(MostWorkers, Environment.ProcessorCount),
            CancellationToken = ct
        };
        await Parallel.ForEachAsync(ReadManifest(), options, (file, token) =>
        {
            Copy(file, TargetOf(file.Path), token);
            return ValueTask.CompletedTask;
        });
        if (present != _listed)
            throw Corrupt($"it holds {present} files, its manifest lists {_listed}");
        if (_control is null)
            throw Corrupt($"its manifest does not list {ControlFile.RelativePath}");
    }

    /// <summary>The last file: with it the directory is a database.</summary>
    public void CopyControlFile(CancellationToken ct)
    {
        var target = TargetOf(_control!.Path);
        var temporary = AtomicFile.TemporaryName(target);
        Copy(_control, temporary, ct);
        using (var handle = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite))
            DurableFile.Flush(handle, temporary);
        DurableFile.Rename(temporary, target);
    }

    private IEnumerable<ManifestFile> ReadManifest()
    {
        using var stream = OpenManifest();
        using var reader = new BackupManifestReader(stream);
        while (reader.TryReadFile(out var file))
        {
            _listed++;
            RequireSafe(file.Path);
            if (file.Path == ControlFile.RelativePath)
                _control = file;
            else if (file.Path != TablespaceMap.FileName)
                yield return file;
        }

        if (reader.System is { } system && system != snapshot.Record.System)
            throw Corrupt($"its manifest is of system {system}");
    }

    private FileStream OpenManifest()
    {
        var path = snapshot.ManifestPath ?? throw Corrupt("it has no manifest");
        return StorageFailure.Run($"reading {path}", () =>
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1));
    }

    /// <summary>A manifest comes from a server: its paths may only lead into the directories that it describes.</summary>
    private void RequireSafe(string path)
    {
        if (path.Length == 0 || path[0] == '/' || path.Split('/').Any(static part => part is "" or "." or ".."))
            throw Corrupt($"its manifest names the path '{path}'");
    }

    private void Copy(ManifestFile file, string target, CancellationToken ct)
    {
        try
        {
            using var source = OpenSource(file);
            using var copy = File.OpenHandle(target, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            File.SetUnixFileMode(copy, File.GetUnixFileMode(source));
            using var check = ContentCheck.For(file);
            var bytes = FileCopy.CopyThroughBuffer(source, copy, check.Append, ct);
            if (bytes != file.Size || !check.Matches(file))
                throw Corrupt($"{file.Path} does not match the manifest ({bytes} bytes, listed with {file.Size})");
            Report(bytes);
        }
        catch (Exception exception) when (StorageFailure.IsStorageError(exception))
        {
            throw StorageFailure.Describe($"restoring {file.Path} to {target}", exception);
        }
    }

    private SafeFileHandle OpenSource(ManifestFile file)
    {
        try
        {
            return File.OpenHandle(SourceOf(file.Path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
                FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Corrupt($"{file.Path} is missing");
        }
    }

    private void Report(long bytes)
    {
        lock (_gate)
        {
            _bytes += bytes;
            progress?.Report(new RestoreProgress(RestorePhase.Copying, _bytes, snapshot.Record.Bytes));
        }
    }

    /// <summary>Makes the same directories in the target; returns the number of files in the source.</summary>
    private static long MakeDirectories(string source, string target)
    {
        long files = 0;
        Directory.CreateDirectory(target, File.GetUnixFileMode(source));
        File.SetUnixFileMode(target, File.GetUnixFileMode(source));
        foreach (var entry in new DirectoryInfo(source).EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is not null)
                continue;
            if (entry is DirectoryInfo)
                files += MakeDirectories(entry.FullName, Path.Combine(target, entry.Name));
            else if (entry.Name != BackupManifest.FileName)
                files++;
        }

        return files;
    }

    private string SourceOf(string path) => IsInTablespace(path, out var oid, out var rest)
        ? Path.Combine(snapshot.TablespaceDirectory(oid), rest)
        : Path.Combine(snapshot.DataDirectory, path);

    private string TargetOf(string path) => IsInTablespace(path, out var oid, out var rest)
        ? Path.Combine(destination.Tablespaces[oid], rest)
        : Path.Combine(destination.Directory, path);

    private bool IsInTablespace(string path, out uint oid, out string rest)
    {
        var parts = path.Split('/', 3);
        rest = parts[^1];
        oid = 0;
        return parts.Length == 3
            && parts[0] == TablespaceRoot
            && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out oid)
            && destination.Tablespaces.ContainsKey(oid);
    }

    private OperationException Corrupt(string what) => new(
        ErrorCodes.SnapshotCorrupt, $"snapshot {snapshot.Id} is damaged: {what}", "restore another snapshot; howdah backups lists them");

    /// <summary>Hashes a file as its manifest entry wants it.</summary>
    private sealed class ContentCheck : IDisposable
    {
        private readonly IncrementalHash? _hash;
        private uint _crc = Crc32C.Start;

        private ContentCheck(IncrementalHash? hash) => _hash = hash;

        public static ContentCheck For(ManifestFile file) => new(file.Algorithm switch
        {
            ManifestChecksumAlgorithm.Sha256 => IncrementalHash.CreateHash(HashAlgorithmName.SHA256),
            ManifestChecksumAlgorithm.Sha384 => IncrementalHash.CreateHash(HashAlgorithmName.SHA384),
            ManifestChecksumAlgorithm.Sha512 => IncrementalHash.CreateHash(HashAlgorithmName.SHA512),
            ManifestChecksumAlgorithm.None or ManifestChecksumAlgorithm.Crc32C => null,
            _ => throw new OperationException(ErrorCodes.SnapshotCorrupt, $"checksums of kind {file.Algorithm} cannot be verified",
                "take backups with CRC32C"),
        });

        public void Append(ReadOnlySpan<byte> block)
        {
            if (_hash is not null)
                _hash.AppendData(block);
            else
                _crc = Crc32C.Append(_crc, block);
        }

        public bool Matches(ManifestFile file) => file.Algorithm switch
        {
            ManifestChecksumAlgorithm.None => true,
            ManifestChecksumAlgorithm.Crc32C => file.Crc32C == Crc32C.Finish(_crc),
            _ => _hash!.GetHashAndReset().AsSpan().SequenceEqual(file.Checksum),
        };

        public void Dispose() => _hash?.Dispose();
    }
}
