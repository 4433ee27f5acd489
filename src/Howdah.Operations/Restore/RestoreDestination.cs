using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Units;
using Howdah.Postgres.DataDirectory;
using Howdah.Repository.Snapshots;
using Howdah.Storage;

namespace Howdah.Operations.Restore;

/// <summary>The places that a restore writes to. Nothing that was there before is ever written over (design law 6).</summary>
internal sealed class RestoreDestination
{
    private static readonly string[] StartFiles = ["postmaster.pid", ControlFile.RelativePath];

    private readonly Snapshot _snapshot;
    private readonly string _repository;

    private readonly string[] _places;

    private RestoreDestination(
        string directory, Dictionary<uint, string> tablespaces, IEnumerable<string> made, Snapshot snapshot, string repository)
    {
        Directory = directory;
        Tablespaces = tablespaces;
        _places = [.. tablespaces.Values, .. made];
        _snapshot = snapshot;
        _repository = repository;
    }

    /// <summary>The data directory, absolute.</summary>
    public string Directory { get; }

    /// <summary>Tablespace OID to its new directory, absolute.</summary>
    public IReadOnlyDictionary<uint, string> Tablespaces { get; }

    /// <summary>The control file is copied last; with it a server can start. Null while it is not there.</summary>
    private string? StartableBy => StartFiles.FirstOrDefault(file => Presence.OfFile(Path.Combine(Directory, file)));

    private string MarkerPath => Path.Combine(Directory, RestoreMarker.FileName);

    /// <summary>Checks everything that can be checked without writing.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.RestoreRefused"/> or <see cref="ErrorCodes.DiskFull"/>.</exception>
    public static RestoreDestination Check(RestoreOptions options, RestorePlan plan, Snapshot snapshot, string repository)
    {
        var tablespaces = snapshot.Record.Tablespaces.ToDictionary(static tablespace => tablespace.Oid, tablespace =>
            PlaceOf(tablespace, options));
        if (!options.HasSparePlaces)
            RefuseUnknown(options, plan, snapshot);
        var made = plan.TablespacesMade
            .Where(made => !tablespaces.ContainsKey(made.Oid))
            .Select(static made => Path.GetFullPath(made.Location));
        var destination = new RestoreDestination(
            Path.GetFullPath(options.Directory), tablespaces, made, snapshot, Path.GetFullPath(repository));
        StorageFailure.Run($"looking at {destination.Directory}", destination.CheckPlaces);
        return destination;
    }

    /// <summary>Clears what an interrupted restore left, then marks the directory before anything else is written.</summary>
    public void Prepare() => StorageFailure.Run($"preparing {Directory}", () =>
    {
        if (RestoreMarker.Read(Directory) is { } left)
            Clear(left);
        DirectorySync.Create(Directory);
        var marker = new RestoreMarker(RestoreMarker.CurrentFormat, _snapshot.Id, [.. _places.Order(StringComparer.Ordinal)]);
        AtomicFile.Write(MarkerPath, marker.ToBytes());
        foreach (var place in _places)
        {
            DirectorySync.Create(place);
            AtomicFile.Write(Path.Combine(place, RestoreMarker.FileName), Directory + "\n");
        }
    });

    /// <summary>Takes the mark away: from now on the directory may be started.</summary>
    public void Finish()
    {
        foreach (var place in _places)
            File.Delete(Path.Combine(place, RestoreMarker.FileName));
        File.Delete(MarkerPath);
        DirectorySync.Flush(Directory);
    }

    private static string PlaceOf(SnapshotTablespace tablespace, RestoreOptions options)
    {
        var oid = tablespace.Oid.ToString(CultureInfo.InvariantCulture);
        var name = tablespace.Name ?? oid;
        if (options.Tablespaces.TryGetValue(oid, out var place)
            || options.Tablespaces.TryGetValue(tablespace.Location, out place)
            || options.Tablespaces.TryGetValue(name, out place))
        {
            return Path.GetFullPath(place);
        }

        throw new OperationException(
            ErrorCodes.RestoreRefused,
            $"tablespace {name} was at {tablespace.Location}, and no place was given for it",
            $"add --tablespace {name}=DIR; the old place is never written over by itself");
    }

    /// <summary>A place for a tablespace that there is not is a slip, and another tablespace would be without one.</summary>
    private static void RefuseUnknown(RestoreOptions options, RestorePlan plan, Snapshot snapshot)
    {
        var known = snapshot.Record.Tablespaces.Select(static tablespace => (tablespace.Oid, tablespace.Location, tablespace.Name))
            .Concat(plan.TablespacesMade.Select(static made => (made.Oid, made.Location, Name: (string?)null)))
            .DistinctBy(static one => one.Oid)
            .Select(static one => (Oid: one.Oid.ToString(CultureInfo.InvariantCulture), one.Location, one.Name))
            .ToList();
        if (options.Tablespaces.Keys.FirstOrDefault(key => !known.Exists(one => one.Oid == key || one.Location == key || one.Name == key))
            is { } unknown)
            throw new OperationException(
                ErrorCodes.RestoreRefused,
                $"a place was given for tablespace {unknown}, which snapshot {snapshot.Id} does not have",
                known.Count == 0
                    ? "it has none: leave --tablespace out"
                    : $"it has {string.Join(", ", known.Select(static one => $"{one.Name ?? one.Oid} at {one.Location}"))}");
    }

    private void CheckPlaces()
    {
        var ours = RestoreMarker.Read(Directory);
        if (ours is not null && StartableBy is { } startable)
            throw new OperationException(
                ErrorCodes.RestoreRefused,
                $"{Directory} holds a restore that is whole, and may be in use: {startable} is there",
                $"it was interrupted in its last moment: remove {RestoreMarker.FileName} in it and start it, or empty the directory");
        CheckEmpty(Directory, ours is not null);
        foreach (var place in _places)
            CheckEmpty(place, ours?.Tablespaces.Contains(place, StringComparer.Ordinal) == true && IsOfThis(place));
        foreach (var place in _places.Append(Directory))
        {
            if (IsWithin(place, _repository) || IsWithin(_repository, place))
                throw Refused($"{place} and the repository {_repository} lie within each other");
        }

        if (_places.FirstOrDefault(place => IsWithin(place, Directory)) is { } inside)
            throw Refused($"tablespace directory {inside} lies within the data directory");
        if (_places.Distinct(StringComparer.Ordinal).Count() != _places.Length)
            throw Refused("two tablespaces were given the same directory");
        CheckSpace();
    }

    private static void CheckEmpty(string directory, bool isOurs)
    {
        if (Presence.OfFile(directory))
            throw Refused($"{directory} is a file");
        if (!isOurs
            && Presence.OfDirectory(directory)
            && System.IO.Directory.EnumerateFileSystemEntries(directory).FirstOrDefault() is { } entry)
            throw Refused($"{directory} is not empty, it holds '{Path.GetFileName(entry)}'");
    }

    /// <summary>Tablespaces on other filesystems are not looked at one by one: the copy itself will find those full.</summary>
    private void CheckSpace()
    {
        var needed = _snapshot.Record.Bytes - _snapshot.Record.Tablespaces.Sum(static tablespace => tablespace.Bytes);
        var space = DiskSpace.Of(Directory);
        if (space.TotalBytes == 0)
            throw Refused($"{Directory} is on a filesystem that the kernel makes up, such as /proc: it keeps no files");
        if (RestoreMarker.Read(Directory) is null && space.FreeBytes < needed)
        {
            throw new OperationException(
                ErrorCodes.DiskFull,
                $"restoring into {Directory} needs {new ByteSize(needed)}, {new ByteSize(space.FreeBytes)} are free",
                "free space there, or restore elsewhere");
        }
    }

    private void Clear(RestoreMarker left)
    {
        foreach (var tablespace in left.Tablespaces.Where(IsOfThis))
        {
            Empty(tablespace, RestoreMarker.FileName);
            File.Delete(Path.Combine(tablespace, RestoreMarker.FileName));
        }

        Empty(Directory, RestoreMarker.FileName);
    }

    /// <summary>The place still carries this restore's mark: since then nobody has emptied it and put something else there.</summary>
    private bool IsOfThis(string place)
    {
        var mark = Path.Combine(place, RestoreMarker.FileName);
        return Presence.OfFile(mark) && File.ReadAllText(mark) == Directory + "\n";
    }

    private static void Empty(string directory, string? keep)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos().Where(entry => entry.Name != keep))
        {
            if (entry is DirectoryInfo { LinkTarget: null } child)
                child.Delete(recursive: true);
            else
                entry.Delete();
        }
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static OperationException Refused(string what) =>
        new(ErrorCodes.RestoreRefused, $"the restore was refused: {what}", "name a directory that is empty or does not exist");
}
