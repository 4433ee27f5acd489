using System.Security.Cryptography;
using System.Text;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Postgres.Settings;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>Compares what is rendered for a node with the files in a data directory.</summary>
internal static class ConfigurationFiles
{
    public const string MainFile = "postgresql.conf";

    /// <summary>What a person can set, in their order: with it a server may not start.</summary>
    public static readonly IReadOnlyList<string> StartFiles = [NodeRendering.SettingsFileName, "pg_hba.conf"];

    /// <summary>
    /// Names, in the data directory, of the files that are missing, different or too many. <paramref name="directory"/> may be a staged
    /// one.
    /// </summary>
    public static IReadOnlyList<string> Differing(NodeRendering wanted, string directory)
    {
        var names = wanted.Files
            .Where(file => !HasContent(In(file.Path, directory), file.Content))
            .Select(file => Path.GetFileName(file.Path))
            .Concat(wanted.AbsentFiles.Select(static file => file.Path)
                .Where(path => Presence.OfFile(In(path, directory)))
                .Select(path => Path.GetFileName(path)!))
            .ToList();
        if (!IncludesOurs(Path.Combine(directory, MainFile)))
            names.Add(MainFile);
        return names;
    }

    /// <summary>The same for the same content of all <see cref="StartFiles"/>.</summary>
    public static string Fingerprint(NodeRendering wanted) =>
        FingerprintOf(name => wanted.Files.First(file => Path.GetFileName(file.Path) == name).Content);

    /// <summary>The same of the files in a directory, which must be there.</summary>
    public static string Fingerprint(string directory) => FingerprintOf(name => File.ReadAllText(Path.Combine(directory, name)));

    /// <summary>The text of a file; null where it is not there.</summary>
    public static string? FindText(string path) => Presence.OfFile(path) ? File.ReadAllText(path) : null;

    /// <summary>The rendered path's file in another directory.</summary>
    public static string In(string renderedPath, string directory) => Path.Combine(directory, Path.GetFileName(renderedPath));

    /// <summary>The last of the files that a reload reads was written then.</summary>
    public static DateTimeOffset NewestWrite(NodeRendering wanted, string directory) =>
        wanted.Files.Select(file => In(file.Path, directory)).Append(Path.Combine(directory, MainFile))
            .Where(path => !IsRecoveryFile(path) && Presence.OfFile(path))
            .Select(path => new DateTimeOffset(File.GetLastWriteTimeUtc(path)))
            .DefaultIfEmpty(DateTimeOffset.MinValue)
            .Max();

    /// <summary>postgresql.conf with our file included last, where nothing overrules it.</summary>
    public static string WithInclude(string text)
    {
        var conf = PostgresConf.Parse(text, MainFile);
        return IsLast(conf) ? text : conf.Include(ConfIncludeKind.File, NodeRendering.SettingsFileName).ToString();
    }

    /// <summary>A data directory that a cluster has made or adopted: it includes our file, and that names the cluster's
    /// sockets.</summary>
    public static bool AreOf(ClusterPaths paths, string directory)
    {
        var settings = Path.Combine(directory, NodeRendering.SettingsFileName);
        return Presence.OfFile(settings) && StorageFailure.Run(
            $"reading the configuration in {directory}",
            () => IncludesOurs(Path.Combine(directory, MainFile))
                && File.ReadAllText(settings).Contains(paths.RunDirectory + Path.DirectorySeparatorChar, StringComparison.Ordinal));
    }

    /// <summary>The file, which need not be there, ends with the include of ours.</summary>
    public static bool IncludesOurs(string path)
    {
        try
        {
            return Presence.OfFile(path) && IsLast(PostgresConf.Parse(File.ReadAllText(path), path));
        }
        catch (OperationException)
        {
            // The server would refuse the file too; writing the include then reports the line.
            return false;
        }
    }

    private static string FingerprintOf(Func<string, string> contentOf) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', StartFiles.Select(contentOf)))));

    private static bool IsLast(PostgresConf conf) =>
        conf.Includes.LastOrDefault() is { } last && NodeRendering.IsOwn(last);

    private static bool IsRecoveryFile(string path) =>
        Path.GetFileName(path) is RecoveryConf.FileName or RecoveryConf.StandbySignal or RecoveryConf.RecoverySignal;

    private static bool HasContent(string path, string content) => string.Equals(FindText(path), content, StringComparison.Ordinal);
}
