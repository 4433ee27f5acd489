using System.Globalization;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Operations.Restore;
using Howdah.Postgres.DataDirectory;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Versions;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>What a data directory shows from outside. What cannot be read is an error, never absent: what is absent is made anew.</summary>
internal static class DataDirectoryFiles
{
    /// <summary>No directory, or an empty one.</summary>
    public static bool IsAbsent(string directory) => !Presence.OfDirectory(directory) || IsEmpty(directory);

    public static bool IsEmpty(string directory) =>
        !StorageFailure.Run($"looking into {directory}", () => Directory.EnumerateFileSystemEntries(directory).Any());

    /// <summary>The major version whose data it is; null where it is none.</summary>
    public static int? MajorOf(string directory)
    {
        var path = Path.Combine(directory, "PG_VERSION");
        return Presence.OfFile(path)
            && int.TryParse(
                StorageFailure.Run($"reading {path}", () => File.ReadAllText(path)).Trim(),
                NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? major
            : null;
    }

    /// <summary>A server on it would start as a standby.</summary>
    public static bool HasStandbyMarker(string dataDirectory, PostgresVersion version) =>
        Presence.OfFile(Path.Combine(dataDirectory, RecoveryConf.MarkerName(RecoveryKind.Standby, version)));

    /// <summary>The control file; null where it cannot be read: a running server writes it in place, and the next look shows.</summary>
    public static ControlFile? FindControl(string dataDirectory)
    {
        try
        {
            return ControlFile.Parse(File.ReadAllBytes(Path.Combine(dataDirectory, ControlFile.RelativePath)));
        }
        catch (Exception failure) when (failure is OperationException || StorageFailure.IsStorageError(failure))
        {
            return null;
        }
    }

    /// <summary>
    /// The file that says that a restore or its recovery is not over; null where none does. PostgreSQL takes the file away when it has
    /// reached the target; a server that is started without it does not stop there, and stays on the old timeline.
    /// </summary>
    public static string? FindUnfinishedRecovery(string dataDirectory, PostgresVersion version)
    {
        if (Presence.OfFile(Path.Combine(dataDirectory, RestoreMarker.FileName)))
            return RestoreMarker.FileName;
        var name = RecoveryConf.MarkerName(RecoveryKind.Restore, version);
        var path = Path.Combine(dataDirectory, name);
        if (!Presence.OfFile(path) || (!version.Facts.HasRecoveryConf && HasStandbyMarker(dataDirectory, version)))
            return null;
        return !version.Facts.HasRecoveryConf || !IsOfStandby(path) ? name : null;
    }

    /// <summary>Up to 11 one file serves both.</summary>
    private static bool IsOfStandby(string recoveryConf)
    {
        var text = StorageFailure.Run($"reading {recoveryConf}", () => File.ReadAllText(recoveryConf));
        return PostgresConf.Parse(text, recoveryConf).Get("standby_mode") is { } mode
            && new SettingKind("bool", Unit: null).AreSame(mode, "on");
    }

    /// <summary>The data directory, and what may be on another disk than that: its WAL and its tablespaces.</summary>
    public static IEnumerable<string> WrittenPlaces(string dataDirectory) =>
    [
        dataDirectory, Path.Combine(dataDirectory, "pg_wal"), .. TablespaceLinks(dataDirectory).Select(link => link.FullName),
    ];

    /// <summary>The links to its tablespaces; without those of tablespaces within the data directory, which have none.</summary>
    public static IReadOnlyList<FileSystemInfo> TablespaceLinks(string dataDirectory)
    {
        var links = Path.Combine(dataDirectory, "pg_tblspc");
        return Presence.OfDirectory(links)
            ? StorageFailure.Run(
                $"looking into {links}",
                () => new DirectoryInfo(links).EnumerateFileSystemInfos().Where(entry => entry.LinkTarget is not null).ToList())
            : [];
    }
}
