using Howdah.Cluster.Rendering;
using Howdah.Postgres.Settings;
using Howdah.Storage;

namespace Howdah.Cluster.Adoption;

/// <summary>Reads the files of a server that is to be adopted. Changes nothing.</summary>
internal static class FoundFilesReader
{
    private const string Main = "postgresql.conf";
    private const string Hba = "pg_hba.conf";
    private const string Ident = "pg_ident.conf";

    /// <param name="dataDirectory">The server's.</param>
    /// <param name="settings">What it says of its files: config_file, hba_file and ident_file.</param>
    public static FoundFiles Read(string dataDirectory, IReadOnlyDictionary<string, string> settings)
    {
        var main = Find(dataDirectory, Main, settings["config_file"]);
        var hba = Find(dataDirectory, Hba, settings["hba_file"]);
        var ident = Find(dataDirectory, Ident, settings["ident_file"]);
        var beside = Path.GetDirectoryName(main.Path)!;
        string[] replaced =
        [
            main.Path, hba.Path, ident.Path, Path.Combine(beside, FileTakeover.StartConf),
            .. new[] { Main, Hba, Ident, FileTakeover.AutoConf, RecoveryConf.FileName }.Select(name => Path.Combine(dataDirectory, name)),
        ];
        return new FoundFiles
        {
            Main = main,
            Hba = hba,
            Ident = ident,
            Flattened = ConfigurationReader.Flatten(main.Path),
            Recovery = ConfigurationReader.ReadIfThere(Path.Combine(dataDirectory, RecoveryConf.FileName)),
            AutoConf = ConfigurationReader.ReadIfThere(Path.Combine(dataDirectory, FileTakeover.AutoConf)) ?? "",
            StartConf = ConfigurationReader.ReadIfThere(Path.Combine(beside, FileTakeover.StartConf)),
            Links = LinksAt(Path.Combine(beside, NodeRendering.SettingsFileName)),
            Kept = replaced.Where(path => Presence.OfFile(path + FileTakeover.KeptSuffix)).ToHashSet(StringComparer.Ordinal),
        };
    }

    public static IReadOnlyList<string> ReadMaps(string path) =>
    [
        .. (ConfigurationReader.ReadIfThere(path) ?? "").Split('\n').Select(line => line.Trim())
            .Where(line => line.Length > 0 && line[0] != '#'),
    ];

    /// <summary>Those of the paths that are links, with where they lead.</summary>
    public static IReadOnlyDictionary<string, string> LinksAt(params IEnumerable<string> paths) => paths
        .Select(path => KeyValuePair.Create(path, LinkTarget(path)))
        .Where(link => link.Value is not null)
        .ToDictionary(link => link.Key, link => link.Value!, StringComparer.Ordinal);

    private static string? LinkTarget(string path) => StorageFailure.Run($"looking at {path}", () => new FileInfo(path).LinkTarget);

    private static FoundFile Find(string dataDirectory, string name, string path)
    {
        var inData = Path.Combine(dataDirectory, name);
        var real = LinkTarget(path) is { } target ? Path.GetFullPath(target, Path.GetDirectoryName(path)!) : path;
        var isOutside = real != inData && real != Path.Combine(RealDirectory(dataDirectory), name);
        return new FoundFile(path, ConfigurationReader.ReadIfThere(path) ?? "")
        {
            IsOutside = isOutside,
            InData = ConfigurationReader.ReadIfThere(inData),
        };
    }

    private static string RealDirectory(string directory) => StorageFailure.Run(
        $"looking at {directory}",
        () => new DirectoryInfo(directory).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? directory);
}
