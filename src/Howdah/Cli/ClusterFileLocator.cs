using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;
using Howdah.Storage;

namespace Howdah.Cli;

/// <summary>Finds the cluster file that a command is about.</summary>
internal sealed class ClusterFileLocator(Func<string, string?> environment, string workingDirectory)
{
    private const string FileName = "howdah.toml";
    private const string SystemFile = ConfigDefaults.SystemDirectory + "/" + FileName;

    /// <summary>
    /// In this order: --config, $HOWDAH_CONFIG, ./howdah.toml, /etc/howdah/howdah.toml, the only cluster under the default root.
    /// </summary>
    public string Find(string? option)
    {
        if (Named(option) is var (path, origin))
            return Existing(path, origin);
        var denied = new List<OperationException>();
        foreach (var candidate in new[] { Path.Combine(workingDirectory, FileName), SystemFile })
        {
            if (IsThere(candidate, denied))
                return candidate;
        }

        var roots = new[] { ConfigDefaults.FromEnvironment().ClusterRoot, ConfigDefaults.SystemRoot }
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var found = roots.SelectMany(root => ClustersUnder(root, denied)).ToList();
        // What another user keeps to himself is none of ours, where we have something; else it is what was meant.
        return found.Count == 0 && denied.Count > 0 ? throw denied[0] : Only(roots, found);
    }

    /// <summary>Where one that is to be made goes: --config, $HOWDAH_CONFIG, as root /etc/howdah/howdah.toml, else ./howdah.toml.</summary>
    public string ToMake(string? option) =>
        Named(option) is var (path, _) ? Path.GetFullPath(path, workingDirectory)
        : UnprivilegedUser.IsRoot ? SystemFile
        : Path.Combine(workingDirectory, FileName);

    /// <summary>What somebody has named, and where; null where nobody has.</summary>
    private (string Path, string Origin)? Named(string? option) =>
        option is not null ? (option, "--config")
        : environment("HOWDAH_CONFIG") is { Length: > 0 } variable ? (variable, "HOWDAH_CONFIG")
        : null;

    /// <summary>The file that the only cluster under the default root goes on by, beside one that is broken; null where there is none,
    /// or several.</summary>
    public static string? FindInForce(string broken)
    {
        var files = ClustersUnder(ConfigDefaults.ForFile(broken).ClusterRoot, []).Take(2).ToList();
        return files is [var only] && only != Path.GetFullPath(broken) ? only : null;
    }

    private static string Only(List<string> roots, List<string> found) =>
        found switch
        {
            [var only] => only,
            [] => throw new OperationException(
                ErrorCodes.ConfigurationNotFound,
                $"no cluster file: looked at ./{FileName}, {SystemFile} and "
                    + string.Join(", ", roots.Select(root => $"{root}/*/{FileName}")),
                "name one with --config FILE; the least of one: name and postgresql in [cluster], name and address in [[nodes]], "
                    + "address in [backup]; for several hosts, howdah init can make it"
            ),
            _ => throw new OperationException(
                ErrorCodes.ConfigurationNotFound,
                $"several clusters are here: {string.Join(", ", found.Select(path => Path.GetFileName(Path.GetDirectoryName(path))))}",
                $"choose one with --config, for example --config {found[0]}"
            ),
        };

    private static IEnumerable<string> ClustersUnder(string root, List<OperationException> denied)
    {
        string[] directories = [];
        Look(root, () => directories = Presence.OfDirectory(root) ? Directory.GetDirectories(root) : [], denied);
        return directories
            .Select(directory => Path.Combine(directory, FileName))
            .Where(file => IsThere(file, denied))
            .Order(StringComparer.Ordinal);
    }

    private static bool IsThere(string file, List<OperationException> denied)
    {
        var isThere = false;
        Look(file, () => isThere = Presence.OfFile(file), denied);
        return isThere;
    }

    private static void Look(string place, Action look, List<OperationException> denied)
    {
        try
        {
            StorageFailure.Run($"looking for clusters in {place}", look);
        }
        catch (OperationException exception) when (exception.Code == ErrorCodes.AccessDenied)
        {
            denied.Add(exception);
        }
    }

    private string Existing(string path, string origin)
    {
        var full = Path.GetFullPath(path, workingDirectory);
        if (Presence.OfFile(full))
            return full;
        var (seen, place) = Presence.OfDirectory(full)
            ? ($"{full}, which {origin} names, is a directory", full)
            : ($"there is no cluster file {full}, which {origin} names", workingDirectory);
        throw new OperationException(
            ErrorCodes.ConfigurationNotFound, seen, $"name the file itself, such as {Path.Combine(place, FileName)}");
    }
}
