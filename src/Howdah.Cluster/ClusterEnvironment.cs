using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;

namespace Howdah.Cluster;

/// <summary>What a cluster operation takes from the process that it runs in.</summary>
public sealed record ClusterEnvironment
{
    public required TimeProvider Time { get; init; }

    public required IClusterObserver Observer { get; init; }

    /// <summary>The user of the operating system that we and the servers run as.</summary>
    public string OsUser { get; init; } = Environment.UserName;

    /// <summary>A restore_command for standbys, for example <c>howdah wal fetch … %f %p</c>; null: they have none.</summary>
    public string? FetchWalCommand { get; init; }

    /// <summary>
    /// The program that answers <c>wal fetch</c> while a drill restores: an absolute path that the servers' user can run. Null: nothing
    /// can be proven here.
    /// </summary>
    public string? FetchProgram { get; init; }

    /// <summary>Which host of the cluster file this machine is; null: the whole cluster is on this machine.</summary>
    public string? Host { get; init; }

    /// <summary>How the other hosts are seen.</summary>
    public IPeers Peers { get; init; } = NoPeers.Instance;

    /// <summary>Which cluster file was read, where it is kept in revisions.</summary>
    public FileMark ClusterFile { get; init; }

    /// <summary>More places to look for PostgreSQL installations in.</summary>
    public IReadOnlyList<string> InstallationDirectories { get; init; } = [];

    /// <summary>This machine in the cluster.</summary>
    internal HostModel SelfIn(ClusterModel model) =>
        Host is null ? model.Hosts[0] : model.FindHost(Host) ?? throw new OperationException(
            ErrorCodes.ConfigurationInvalid,
            $"the cluster file names no host {Host}, which this machine is by its certificate",
            $"it names {string.Join(", ", model.Hosts.Select(host => host.Name))}");
}
