using System.Text;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Versions;
using Howdah.Storage;

namespace Howdah.Cluster.Adoption;

/// <summary>Reads a server's configuration files with what they include.</summary>
internal static class ConfigurationReader
{
    /// <summary>As deep as the server itself goes (PostgreSQL 11-18, CONF_FILE_MAX_DEPTH).</summary>
    private const int DeepestInclude = 10;

    /// <summary>The text with each include replaced by what it names, but for Howdah's own.</summary>
    public static string Flatten(string path) => Flatten(path, depth: 0);

    /// <summary>The rules in the order in which the server tries them, includes followed (16 and newer).</summary>
    public static IReadOnlyList<HbaRecord> ReadHba(string path, PostgresVersion version) => [.. ReadHba(path, version, depth: 0)];

    public static string Read(string path) => StorageFailure.Run($"reading {path}", () => File.ReadAllText(path));

    public static string? ReadIfThere(string path) => Presence.OfFile(path) ? Read(path) : null;

    private static string Flatten(string path, int depth)
    {
        var text = Read(path);
        var includes = PostgresConf.Parse(text, path).Includes.Where(include => !NodeRendering.IsOwn(include)).ToList();
        if (includes.Count == 0)
            return text;
        RequireDepth(path, depth);
        var byLine = includes.ToDictionary(include => include.Line - 1);
        var lines = text.Split('\n');
        var flattened = new StringBuilder();
        for (var index = 0; index < lines.Length; index++)
        {
            if (!byLine.TryGetValue(index, out var include))
            {
                flattened.Append(lines[index]).Append(index + 1 < lines.Length ? "\n" : "");
                continue;
            }

            flattened.Append("# was: ").Append(lines[index].Trim()).Append('\n');
            foreach (var file in FilesOf(include.Kind, Resolve(path, include.Path)))
                flattened.Append("# from ").Append(file).Append('\n').Append(Flatten(file, depth + 1).TrimEnd('\n')).Append('\n');
        }

        return flattened.ToString();
    }

    private static IEnumerable<HbaRecord> ReadHba(string path, PostgresVersion version, int depth)
    {
        RequireDepth(path, depth);
        foreach (var entry in PgHba.Parse(Read(path), path, version).Entries)
        {
            if (entry.Record is { } record)
                yield return record;
            if (entry.Include is not { } include)
                continue;
            foreach (var included in FilesOf(include.Kind, Resolve(path, include.Path))
                .SelectMany(file => ReadHba(file, version, depth + 1)))
                yield return included;
        }
    }

    /// <summary>Those of a directory as the server takes them: *.conf, no hidden ones, in the order of their bytes.</summary>
    private static IEnumerable<string> FilesOf(ConfIncludeKind kind, string path) => kind switch
    {
        ConfIncludeKind.File => [path],
        ConfIncludeKind.FileIfExists => Presence.OfFile(path) ? [path] : [],
        _ => StorageFailure.Run($"looking into {path}", () => Directory.EnumerateFiles(path, "*.conf"))
            .Where(file => !Path.GetFileName(file).StartsWith('.'))
            .Order(StringComparer.Ordinal),
    };

    private static string Resolve(string including, string path) => Path.Combine(Path.GetDirectoryName(including)!, path);

    private static void RequireDepth(string path, int depth)
    {
        if (depth > DeepestInclude)
            throw new OperationException(ErrorCodes.SettingsFileInvalid, $"{path}: files include each other too deep");
    }
}
