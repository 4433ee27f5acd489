using Howdah.Cluster.Trust;

namespace Howdah.Cluster.Configuration;

/// <summary>The layout under a cluster's directory, in one place.</summary>
public sealed record ClusterPaths(string Root)
{
    /// <summary>The cluster file in force: a copy of the one that a command last accepted. The supervising process follows it.</summary>
    public string ClusterFile => Path.Combine(Root, "howdah.toml");

    public string NodesDirectory => Path.Combine(Root, "nodes");

    /// <summary>Unix sockets (one directory per node), pid and lock files.</summary>
    public string RunDirectory => Path.Combine(Root, "run");

    /// <summary>Passwords and the passfile; mode 0700.</summary>
    public string SecretsDirectory => Path.Combine(Root, "secrets");

    /// <summary>libpq's passfile for every connection that Howdah and the standbys make; mode 0600.</summary>
    public string PassFile => Path.Combine(SecretsDirectory, "passfile");

    /// <summary>Certificates and keys; mode 0700. Only of a cluster on several machines.</summary>
    public TrustPaths Trust => new(Path.Combine(Root, "trust"));

    public string RepositoryDirectory => Path.Combine(Root, "repository");

    /// <summary>Intents, drill results, the last status.</summary>
    public string StateDirectory => Path.Combine(Root, "state");

    public string NodeDirectory(NodeModel node) => NodeDirectory(node.Name);

    public string NodeDirectory(string nodeName) => Path.Combine(NodesDirectory, nodeName);

    /// <summary>Where a node's server has its Unix socket: its own, because nodes on one machine may share a port number.</summary>
    public string SocketDirectory(NodeModel node) => Path.Combine(RunDirectory, node.Name);

    /// <summary>The file that a node's server writes its log to.</summary>
    public string NodeLog(NodeModel node) => Path.Combine(NodeDirectory(node), "postgresql.log");
}
