using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cli;

/// <summary>A cluster file that was read and found right.</summary>
internal sealed record LoadedCluster(string Path, string Text, ClusterModel Model, IReadOnlyList<EffectiveValue> Effective);

/// <summary>A cluster file with problems; all of them are shown.</summary>
internal sealed class ClusterFileException(string path, IReadOnlyList<ConfigProblem> problems)
    : Exception($"{path} has {problems.Count} problems")
{
    public string Path => path;

    public IReadOnlyList<ConfigProblem> Problems => problems;

    /// <summary>The file that the only cluster here goes on by meanwhile; null where there is none, or several.</summary>
    public string? InForce { get; init; }
}

internal static class ClusterFile
{
    /// <summary>Far more than any cluster needs; keeps a wrong --config from filling the memory.</summary>
    private const long LargestFile = 4L << 20;

    public static LoadedCluster Load(string path)
    {
        var (text, result) = Read(path);
        return Require(path, text, result);
    }

    /// <exception cref="ClusterFileException">It has problems.</exception>
    public static LoadedCluster Require(string path, string text, ClusterConfigResult result) => result.Model is { } model
        ? new LoadedCluster(path, text, model, result.Effective)
        : throw new ClusterFileException(path, result.Problems) { InForce = ClusterFileLocator.FindInForce(path) };

    /// <summary>A text that stands for the file at a path.</summary>
    public static ClusterConfigResult Parse(string path, string text) =>
        ClusterConfigReader.Read(text, path, ConfigDefaults.ForFile(path));

    public static (string Text, ClusterConfigResult Result) Read(string path)
    {
        string text;
        try
        {
            if (new FileInfo(path).Length > LargestFile)
                throw new OperationException(
                    ErrorCodes.ConfigurationInvalid,
                    $"cluster file {path} is larger than 4MiB",
                    "name another file with --config"
                );
            text = File.ReadAllText(path);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw StorageFailure.Describe($"reading cluster file {path}", exception);
        }
        catch (IOException exception)
        {
            throw new OperationException(
                ErrorCodes.ConfigurationNotFound,
                $"cluster file {path} cannot be read: {exception.Message}",
                "name another file with --config",
                exception
            );
        }

        return (text, Parse(path, text));
    }
}
