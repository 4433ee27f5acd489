using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>Finds the cluster file that a command is about.</summary>
internal sealed class ClusterFileLocator(Func<string, string?> environment, string workingDirectory)
{
    private const string FileName = "howdah.toml";
    private const string SystemFile = "/etc/howdah/howdah.toml";

    /// <summary>
    /// In this order: --config, $HOWDAH_CONFIG, ./howdah.toml, /etc/howdah/howdah.toml, the only cluster under the default root.
    /// </summary>
    public string Find(string? option)
    {
        if (option is not null)
            return Existing(option, "--config");
        if (environment("HOWDAH_CONFIG") is { Length: > 0 } variable)
            return Existing(variable, "HOWDAH_CONFIG");
        foreach (var candidate in new[] { Path.Combine(workingDirectory, FileName), SystemFile })
        {
            if (File.Exists(candidate))
                return candidate;
        }

        var roots = new[] { ConfigDefaults.FromEnvironment().ClusterRoot, ConfigDefaults.SystemRoot }
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return Only(roots, roots.SelectMany(ClustersUnder).ToList());
    }

    private static string Only(List<string> roots, List<string> found) =>
        found switch
        {
            [var only] => only,
            [] => throw new OperationException(
                ErrorCodes.ConfigurationNotFound,
                $"no cluster file: looked at ./{FileName}, {SystemFile} and "
                    + string.Join(", ", roots.Select(root => $"{root}/*/{FileName}")),
                "name one with --config FILE; the manual shows one of four lines"
            ),
            _ => throw new OperationException(
                ErrorCodes.ConfigurationNotFound,
                $"several clusters are here: {string.Join(", ", found.Select(path => Path.GetFileName(Path.GetDirectoryName(path))))}",
                $"choose one with --config, for example --config {found[0]}"
            ),
        };

    private static IEnumerable<string> ClustersUnder(string root)
    {
        try
        {
            return Directory.Exists(root)
                ?
                [
                    .. Directory
                        .EnumerateDirectories(root)
                        .Select(directory => Path.Combine(directory, FileName))
                        .Where(File.Exists)
                        .Order(StringComparer.Ordinal),
                ]
                : [];
        }
        catch (UnauthorizedAccessException)
        {
            return []; // another user's clusters are none of ours
        }
    }

    private string Existing(string path, string origin)
    {
        var full = Path.GetFullPath(path, workingDirectory);
        return File.Exists(full)
            ? full
            : throw new OperationException(
                ErrorCodes.ConfigurationNotFound,
                $"there is no cluster file {full}, which {origin} names",
                null
            );
    }
}
