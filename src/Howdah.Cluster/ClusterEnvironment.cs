using Howdah.Cluster.Execution;

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

    /// <summary>More places to look for PostgreSQL installations in.</summary>
    public IReadOnlyList<string> InstallationDirectories { get; init; } = [];
}
