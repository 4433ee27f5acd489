using System.CommandLine;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;
using Howdah.Postgres.Versions;
using Howdah.Storage;

namespace Howdah.Cli.Commands;

/// <summary>What <c>howdah init</c> is told of a cluster that has no cluster file yet.</summary>
internal sealed class InitFileOptions
{
    private const UnixFileMode ForAllToRead =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly Option<string?> _cluster = new("--cluster")
    {
        Description = "without a cluster file: the name of the cluster; the file is made from this and the next three",
        HelpName = "NAME",
    };
    private readonly Option<string[]> _nodes = new("--node")
    {
        Description = "a node; the first is the initial primary; may be repeated",
        HelpName = "NAME=ADDRESS",
    };
    private readonly Option<string?> _backup = new("--backup") { Description = "the backup host", HelpName = "NAME=ADDRESS" };
    private readonly Option<int?> _major = new("--postgresql")
    {
        Description = "the major version of PostgreSQL; default: the newest that is installed here",
        HelpName = "MAJOR",
    };

    public IReadOnlyList<Option> All => [_cluster, _nodes, _backup, _major];

    public bool IsGiven(Invocation run) => All.Any(run.IsGiven);

    /// <summary>Makes the cluster file's text; writes nothing yet.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.UsageInvalid"/>: what was given makes no cluster file;
    /// <see cref="ErrorCodes.Refused"/>: there is one.</exception>
    public async Task<LoadedCluster> MakeAsync(Invocation run, CancellationToken cancellationToken)
    {
        var path = run.ClusterFileToMake();
        if (Presence.OfFile(path))
            throw new OperationException(
                ErrorCodes.Refused, $"{path} is there", "howdah init alone goes by it; edit it, or remove it to have another made");
        if (run.Value(_cluster) is not { } name || run.Value(_nodes) is not { Length: > 0 } nodes || run.Value(_backup) is not { } backup)
            throw new OperationException(
                ErrorCodes.UsageInvalid, "to make a cluster file, --cluster, --node and --backup are needed, all three",
                "for example: howdah init --cluster shop --node one=10.0.10.2 --node two=10.0.10.3 --backup backup=10.0.10.4");
        List<(string, string)> hosts = [.. nodes.Select(node => Split("--node", node))];
        var major = run.Value(_major) ?? await FindNewestAsync(cancellationToken);
        var text = new NewClusterFile(name, major, hosts, Split("--backup", backup)).ToText();
        var read = ClusterFile.Parse(path, text);
        return read.Model is { } model
            ? new LoadedCluster(path, text, model, read.Effective)
            : throw new OperationException(
                ErrorCodes.UsageInvalid, string.Join("; ", read.Problems.Select(problem => problem.Message)), "nothing was made");
    }

    /// <summary>Puts it where every command looks.</summary>
    public static void Write(LoadedCluster made) => StorageFailure.Run(
        $"writing {made.Path}",
        () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(made.Path)!);
            AtomicFile.Write(made.Path, made.Text, ForAllToRead);
        });

    private static (string Name, string Address) Split(string option, string text) =>
        NamedValue.Split(text, option, "NAME=ADDRESS", "one=10.0.10.2");

    private static async Task<int> FindNewestAsync(CancellationToken cancellationToken)
    {
        for (var major = PostgresVersion.NewestMajor; major >= PostgresVersion.OldestMajor; major--)
        {
            if (await PostgresInstallations.TryFindAsync(major, [], cancellationToken) is not null)
                return major;
        }

        throw new OperationException(
            ErrorCodes.InstallationNotFound, "no PostgreSQL was found on this host", "install it, or say which one with --postgresql");
    }
}
