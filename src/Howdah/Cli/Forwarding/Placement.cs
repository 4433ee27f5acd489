using System.CommandLine;
using Howdah.Cluster.Configuration;

namespace Howdah.Cli.Forwarding;

/// <summary>Which host of a cluster on several machines carries a command out, wherever it is typed.</summary>
/// <param name="Reason">What that host has; stands behind its name.</param>
/// <param name="Find">The host, by the command line and the cluster file.</param>
internal sealed record Placement(string Reason, Func<Invocation, ClusterModel, HostModel> Find)
{
    /// <summary>The repository is a directory of the backup host.</summary>
    public static Placement BackupHost { get; } = new("which has the repository", (_, model) => model.BackupMachine);

    /// <summary>Only a node's own host touches its data.</summary>
    public static Placement HostOf(Argument<string> node) =>
        new("the node's host", (run, model) => model.HostOf(NodeChoice.Find(model, run.Value(node)!)));

    /// <summary>The host, where it is another than this one.</summary>
    /// <param name="model">The cluster.</param>
    /// <param name="wanted">The host that has what the command needs.</param>
    /// <param name="self">This host; null where this machine is none of the cluster's: then it has nobody to ask.</param>
    public static HostModel? Elsewhere(ClusterModel model, HostModel wanted, string? self) =>
        model.IsOnOneMachine || self is null || string.Equals(self, wanted.Name, StringComparison.Ordinal) ? null : wanted;
}
