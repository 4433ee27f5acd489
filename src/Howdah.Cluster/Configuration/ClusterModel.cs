using Howdah.Core.Units;

namespace Howdah.Cluster.Configuration;

/// <summary>
/// A cluster file that was read and found right: every name is valid, unique and known, every default is filled in.
/// Immutable; the planner, the renderer and the commands take it as their only description of what is wanted.
/// </summary>
public sealed record ClusterModel
{
    /// <summary>
    /// The cluster's name, shown to people and set as <c>cluster_name</c>'s prefix; 1 to 63 of letters, digits, '.', '-', '_'.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The major version that every node runs, 11 to 18.</summary>
    public required int PostgresMajor { get; init; }

    /// <summary>Where everything of the cluster rests on this machine; absolute. See <see cref="Paths"/>.</summary>
    public required string Directory { get; init; }

    /// <summary>Where the programs of <see cref="PostgresMajor"/> are; null: searched for in the usual places.</summary>
    public string? BinDirectory { get; init; }

    /// <summary>The nodes, at least one; the first is the initial primary.</summary>
    public required IReadOnlyList<NodeModel> Nodes { get; init; }

    public required BackupHostModel Backup { get; init; }

    public required UsersModel Users { get; init; }

    /// <summary>Settings for postgresql.conf on every node, as the user wrote them; none of them is one that Howdah owns.</summary>
    public required IReadOnlyDictionary<string, string> ExtraSettings { get; init; }

    /// <summary>Lines for pg_hba.conf on every node, placed after Howdah's own.</summary>
    public required IReadOnlyList<string> ExtraHbaLines { get; init; }

    public required SynchronousMode Synchronous { get; init; }

    /// <summary>
    /// The most WAL that one slot may hold back (<c>max_slot_wal_keep_size</c>, 13 and newer); null: derived from the disk.
    /// </summary>
    public ByteSize? SlotWalBudget { get; init; }

    public required DrillModel Drill { get; init; }

    public required ScheduleModel Schedule { get; init; }

    public required AgentModel Agent { get; init; }

    /// <summary>The text that all this was read from.</summary>
    public required string Source { get; init; }

    /// <summary>Every node and the backup host have a loopback address: all of the cluster runs on this machine.</summary>
    public bool IsOnOneMachine => Nodes.All(node => LoopbackAddress.Is(node.Address)) && LoopbackAddress.Is(Backup.Address);

    /// <summary>The command that puts a changed cluster file in force.</summary>
    internal string PutInForceBy => IsOnOneMachine ? "howdah up" : "howdah apply FILE";

    /// <summary>The database that every cluster has and that Howdah's own sessions use.</summary>
    public const string MaintenanceDatabase = "postgres";

    /// <summary>The node that is primary when the cluster is made.</summary>
    public NodeModel InitialPrimary => Nodes[0];

    public ClusterPaths Paths => new(Directory);

    /// <summary>The machines, in the order of the file, the backup host last where it is one of its own.</summary>
    public IReadOnlyList<HostModel> Hosts => HostModel.Of(this);

    /// <summary>The machine that receives WAL and keeps the repository.</summary>
    public HostModel BackupMachine => Hosts.First(host => host.IsBackupHost);

    public HostModel HostOf(NodeModel node) => Hosts.First(host => host.Has(node));

    public HostModel? FindHost(string name) => Hosts.FirstOrDefault(host => string.Equals(host.Name, name, StringComparison.Ordinal));

    public NodeModel? FindNode(string name) => Nodes.FirstOrDefault(node => string.Equals(node.Name, name, StringComparison.Ordinal));
}

/// <summary>One PostgreSQL server of a cluster; which role it has at a time is observed, not configured.</summary>
public sealed record NodeModel
{
    /// <summary>Unique in the cluster; 1 to 63 of letters, digits, '.', '-', '_'.</summary>
    public required string Name { get; init; }

    /// <summary>An IP address or host name that the server listens on and the others connect to.</summary>
    public required string Address { get; init; }

    /// <summary>1 to 65535, default 5432.</summary>
    public required int Port { get; init; }

    /// <summary>How the node shows itself in <c>pg_stat_replication</c> while it is a standby; default its name.</summary>
    public required string ApplicationName { get; init; }

    /// <summary>
    /// The slot that its WAL is kept by on the primary while it is a standby: only <c>[a-z0-9_]</c>; default from its name.
    /// </summary>
    public required string SlotName { get; init; }

    /// <summary>Absolute; default <c>nodes/NAME/data</c> in the cluster's directory.</summary>
    public required string DataDirectory { get; init; }
}

/// <summary>Where WAL is received and the repository is served; it runs no PostgreSQL of its own.</summary>
public sealed record BackupHostModel
{
    public required string Name { get; init; }

    /// <summary>The address that the receiver and the backup connect from.</summary>
    public required string Address { get; init; }

    /// <summary>
    /// How the receiver shows itself in <c>pg_stat_replication</c>; default <c>barman_receive_wal</c>, which Barman's users look
    /// for.
    /// </summary>
    public required string ApplicationName { get; init; }

    /// <summary>The receiver's own slot; default <c>barman</c>.</summary>
    public required string SlotName { get; init; }

    /// <summary>Absolute; default <c>repository</c> in the cluster's directory.</summary>
    public required string RepositoryDirectory { get; init; }

    /// <summary>The most bytes per second that a base backup may read; null: no limit.</summary>
    public ByteSize? RateLimit { get; init; }
}

/// <summary>The roles that Howdah makes or uses in the cluster.</summary>
public sealed record UsersModel
{
    /// <summary>LOGIN REPLICATION and nothing else: standbys and the receiver; default <c>howdah_replication</c>.</summary>
    public required string Replication { get; init; }

    /// <summary>Base backups and monitoring; default <c>howdah_backup</c>.</summary>
    public required string Backup { get; init; }

    /// <summary>The bootstrap superuser, reached through the local socket only; default <c>postgres</c>.</summary>
    public required string Superuser { get; init; }
}

/// <summary>What a drill asks the restored copy.</summary>
public sealed record DrillModel
{
    /// <summary>A query that must answer without an error; default <c>select count(*) from pg_class</c>.</summary>
    public required string Query { get; init; }

    /// <summary>The database it runs in; default <c>postgres</c>.</summary>
    public required string Database { get; init; }
}

/// <summary>What the backup host does by itself, as cron expressions of five fields in the host's time zone; null: never.</summary>
public sealed record ScheduleModel
{
    /// <summary>When a base backup is taken.</summary>
    public string? Backup { get; init; }

    /// <summary>When the newest state is restored, started, queried and removed.</summary>
    public string? Drill { get; init; }
}

/// <summary>How the agents of a cluster on several machines talk to each other.</summary>
public sealed record AgentModel
{
    public const int DefaultPort = 7420;

    /// <summary>The TCP port that every agent listens on, on its host's address.</summary>
    public required int Port { get; init; }

    /// <summary>Status and metrics may be read without a certificate of the cluster; nothing that changes state ever may.</summary>
    public required bool IsStatusOpen { get; init; }
}

/// <summary>Who must hold a commit before it is answered.</summary>
public enum SynchronousMode
{
    /// <summary>Nobody else: fastest, and a lost primary may lose the last moments.</summary>
    Off,

    /// <summary>Any one of the standbys and the backup host.</summary>
    Any,

    /// <summary>Every standby and the backup host: any of them down stops all commits.</summary>
    All,
}
