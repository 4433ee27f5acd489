using System.Globalization;
using Howdah.Core.Errors;
using Howdah.Repository.Json;
using Howdah.Storage;

namespace Howdah.Repository.Drills;

/// <summary>The results of all drills of a repository.</summary>
public sealed class DrillLog
{
    private const string Suffix = ".json";
    private const string IdFormat = "yyyyMMdd'T'HHmmssfff";

    internal DrillLog(string directory) => Directory = directory;

    /// <summary><c>&lt;repository&gt;/drills</c>.</summary>
    public string Directory { get; }

    /// <summary>An id for a drill that begins: its time in UTC, and later than all before, also where the clock was ahead then. The newest
    /// result is the one that counts.</summary>
    public string NextId(DateTimeOffset now)
    {
        var newest = StorageFailure.Run(
            $"listing {Directory}", () => Path.GetFileNameWithoutExtension(Paths().Max(StringComparer.Ordinal)));
        var id = IdOf(now);
        return string.CompareOrdinal(id, newest) > 0
            || !DateTimeOffset.TryParseExact(newest, IdFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var last)
                ? id
                : IdOf(last.AddMilliseconds(1));
    }

    /// <summary>Stores a result durably.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.RepositoryInvalid"/> where another result of that id is
    /// stored.</exception>
    public void Add(DrillRecord record)
    {
        var path = Path.Combine(Directory, record.Id + Suffix);
        var result = StorageFailure.Run($"storing {path}", () =>
        {
            DirectorySync.Create(Directory);
            return AtomicFile.PutIfAbsent(path, RepositoryJson.Write(record, RepositoryJson.Default.DrillRecord));
        });
        if (result == PutResult.Different)
            throw new OperationException(ErrorCodes.RepositoryInvalid, $"storing {path}: another result of that name is there");
    }

    /// <summary>All results, the oldest first.</summary>
    public IReadOnlyList<DrillRecord> List() =>
        StorageFailure.Run($"listing {Directory}", () => Paths().Order(StringComparer.Ordinal).Select(Read).ToArray());

    /// <summary>The newest result; null where there is none. Reads one file, however many there are.</summary>
    public DrillRecord? FindNewest() =>
        StorageFailure.Run($"listing {Directory}", () => Paths().Max(StringComparer.Ordinal) is { } path ? Read(path) : null);

    private static string IdOf(DateTimeOffset time) => time.UtcDateTime.ToString(IdFormat, CultureInfo.InvariantCulture);

    private IEnumerable<string> Paths() => Presence.OfDirectory(Directory)
        ? System.IO.Directory.EnumerateFiles(Directory, "*" + Suffix).Where(static path => Path.GetFileName(path)[0] != '.')
        : [];

    private static DrillRecord Read(string path) =>
        RepositoryJson.Read(path, DrillRecord.CurrentFormat, RepositoryJson.Default.DrillRecord);
}
