using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Postgres.DataDirectory;
using Howdah.Storage;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Operations.Backup;

/// <summary>
/// Writes a backup as a plain tree, byte for byte what pg_basebackup -Fp writes but for tablespaces: <c>tablespace_map</c> stays as
/// the server sent it, and no link is made.
/// </summary>
/// <remarks>Used by one task. Every file is created new, so an archive that names one twice is refused by the filesystem.</remarks>
public sealed class DirectorySink(DirectorySinkOptions options) : IBackupSink
{
    // Written out while the next bytes come in, so that the sync at the end is short; large enough for sequential disk writes.
    private const long WriteBackBytes = 8 << 20;

    private const UnixFileMode OwnerDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode GroupDirectory = OwnerDirectory | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode GroupFile = OwnerFile | UnixFileMode.GroupRead;

    private readonly Dictionary<string, string> _tablespaces = new(StringComparer.Ordinal);
    private readonly List<string> _roots = [];
    private readonly HashSet<string> _madeRoots = new(StringComparer.Ordinal);
    private SafeFileHandle? _file;
    private string _path = "";
    private long _written;
    private long _writtenBack;
    private bool _groupAccess;
    private bool _manifestMade;
    private bool _completed;

    private string ManifestPath => options.ManifestPath ?? Path.Combine(options.DataDirectory, BackupManifest.FileName);

    public ValueTask BeginAsync(BackupSinkStart start, CancellationToken cancellationToken)
    {
        _groupAccess = start.GroupAccess;
        foreach (var tablespace in start.Tablespaces)
        {
            var oid = tablespace.Oid!.Value.ToString(CultureInfo.InvariantCulture);
            var place = options.LocateTablespace(tablespace) ?? throw new OperationException(
                ErrorCodes.RestoreRefused,
                $"the server has tablespace {oid} at '{tablespace.Location}', and no place was given for it here",
                "map the tablespace to a directory");
            _tablespaces.Add(oid, place);
        }

        MakeRoot(options.DataDirectory);
        foreach (var place in _tablespaces.Values)
            MakeRoot(place);
        return ValueTask.CompletedTask;
    }

    public ValueTask AddDirectoryAsync(string path, CancellationToken cancellationToken)
    {
        var place = Locate(path);
        StorageFailure.Run($"creating {place}", () =>
        {
            if (Path.Exists(place))
                throw new OperationException(ErrorCodes.ProtocolViolation, $"the server sent '{path}' twice");
            MakeDirectory(place);
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask BeginFileAsync(BackupFile file, CancellationToken cancellationToken)
    {
        Invariant.Check(_file is null);
        _path = Locate(file.Path);
        _written = _writtenBack = 0;
        _file = StorageFailure.Run($"creating {_path}", () =>
        {
            var handle = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            File.SetUnixFileMode(handle, _groupAccess ? GroupFile : OwnerFile);
            return handle;
        });
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Invariant.Check(_file is not null);
        try
        {
            RandomAccess.Write(_file, bytes.Span, _written);
        }
        catch (Exception e) when (StorageFailure.IsStorageError(e))
        {
            throw StorageFailure.Describe($"writing {_path}", e);
        }

        _written += bytes.Length;
        if (options.Sync && _written - _writtenBack >= WriteBackBytes)
            BeginWriteBack();
        return ValueTask.CompletedTask;
    }

    public ValueTask EndFileAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(_file is not null);
        if (options.Sync && _writtenBack > 0)
            BeginWriteBack();
        _file.Dispose();
        _file = null;
        return ValueTask.CompletedTask;
    }

    public Stream CreateManifest()
    {
        var stream = StorageFailure.Run($"creating {ManifestPath}", () => new FileStream(ManifestPath, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            UnixCreateMode = _groupAccess ? GroupFile : OwnerFile,
            BufferSize = 64 * 1024,
        }));
        _manifestMade = true;
        return stream;
    }

    public Stream OpenManifest() => StorageFailure.Run(
        $"opening {ManifestPath}", () => new FileStream(ManifestPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1));

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(_file is null);
        if (options.Sync)
        {
            // Each may be on a filesystem of its own; where they are not, the later calls find nothing left to do.
            foreach (var root in _roots.Append(Path.GetDirectoryName(Path.GetFullPath(ManifestPath))!))
                StorageFailure.Run($"forcing {root} to disk", () => WriteBack.FlushFileSystem(root, cancellationToken));
        }

        _completed = true;
        return ValueTask.CompletedTask;
    }

    /// <summary>Removes everything that was written, unless the backup was completed.</summary>
    public ValueTask DisposeAsync()
    {
        _file?.Dispose();
        _file = null;
        if (_completed)
            return ValueTask.CompletedTask;
        _completed = true;
        if (_manifestMade)
            StorageFailure.Run($"removing {ManifestPath}", () => File.Delete(ManifestPath));
        foreach (var root in _roots)
            StorageFailure.Run($"removing the unfinished backup in {root}", () => Remove(root));
        return ValueTask.CompletedTask;
    }

    private void BeginWriteBack()
    {
        WriteBack.Begin(_file!, _writtenBack, _written - _writtenBack);
        _writtenBack = _written;
    }

    private void MakeRoot(string directory) => StorageFailure.Run($"creating {directory}", () =>
    {
        if (Path.Exists(directory))
        {
            if (!Presence.OfDirectory(directory) || Directory.EnumerateFileSystemEntries(directory).Any())
                throw new OperationException(
                    ErrorCodes.RestoreRefused, $"'{directory}' is not empty, a backup is not put over something", "name another directory");
            SetDirectoryMode(directory);
        }
        else
        {
            MakeDirectory(directory);
            _madeRoots.Add(directory);
        }

        _roots.Add(directory);
    });

    private void MakeDirectory(string directory)
    {
        Directory.CreateDirectory(directory, OwnerDirectory);
        if (_groupAccess)
            SetDirectoryMode(directory);
    }

    private void SetDirectoryMode(string directory) => File.SetUnixFileMode(directory, _groupAccess ? GroupDirectory : OwnerDirectory);

    private void Remove(string root)
    {
        if (_madeRoots.Contains(root))
        {
            Directory.Delete(root, recursive: true);
            return;
        }

        foreach (var entry in new DirectoryInfo(root).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo directory)
                directory.Delete(recursive: true);
            else
                entry.Delete();
        }
    }

    private string Locate(string path)
    {
        const string prefix = "pg_tblspc/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
            return Path.Combine(options.DataDirectory, path);
        var rest = path.AsSpan(prefix.Length);
        var slash = rest.IndexOf('/');
        var oid = slash < 0 ? rest : rest[..slash];
        if (slash < 0 || !_tablespaces.TryGetValue(oid.ToString(), out var place))
            throw new OperationException(
                ErrorCodes.ProtocolViolation, $"the server sent '{path}' outside of the tablespaces that it announced");
        return Path.Combine(place, rest[(slash + 1)..].ToString());
    }
}
