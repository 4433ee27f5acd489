namespace Howdah.Cluster.Configuration;

/// <summary>What a value must look like.</summary>
internal enum ConfigValueKind
{
    Text,
    Name,
    ApplicationName,
    SlotName,
    RoleName,
    Address,
    AbsolutePath,
    Integer,
    Choice,
    Cron,
    Size,
    TextList,
}

/// <summary>One key of the cluster file.</summary>
/// <param name="Name">As it is written in the file.</param>
/// <param name="Kind">What its value must look like.</param>
/// <param name="Description">A sentence for people, without a full stop.</param>
internal sealed record ConfigKey(string Name, ConfigValueKind Kind, string Description)
{
    public bool Required { get; init; }

    /// <summary>The default in words or as a value; null where the key is required or simply absent.</summary>
    public string? Default { get; init; }

    public long Minimum { get; init; } = long.MinValue;

    public long Maximum { get; init; } = long.MaxValue;

    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>One section of the cluster file.</summary>
/// <param name="Name">As it is written between the brackets.</param>
/// <param name="Description">A sentence for people, without a full stop.</param>
/// <param name="Keys">Every key that it may hold; empty for a section whose keys are the user's (<c>[settings]</c>).</param>
internal sealed record ConfigSection(string Name, string Description, IReadOnlyList<ConfigKey> Keys)
{
    public bool Required { get; init; }

    /// <summary>Written with two brackets, once per element.</summary>
    public bool IsList { get; init; }

    /// <summary>As it is written above its keys: <c>[cluster]</c>, <c>[[nodes]]</c>.</summary>
    public string Header => IsList ? $"[[{Name}]]" : $"[{Name}]";

    public bool HasFreeKeys => Keys.Count == 0;

    public ConfigKey Key(string name) => Keys.First(key => string.Equals(key.Name, name, StringComparison.Ordinal));
}

/// <summary>
/// Every section and key of the cluster file: the reader, the JSON schema, <c>config show</c> and the manual are made from it.
/// </summary>
internal static class ConfigSchema
{
    public const string SynchronousOff = "off";
    public const string SynchronousAny = "any";
    public const string SynchronousAll = "all";
    public const string StatusForMembers = "members";
    public const string StatusOpen = "open";

    public static ConfigSection Cluster { get; } =
        new(
            "cluster",
            "what the cluster is called, what it runs and where it rests",
            [
                new("name", ConfigValueKind.Name, "the cluster's name; Barman's commands call it the server") { Required = true },
                new("postgresql", ConfigValueKind.Integer, "the major version of PostgreSQL that every node runs")
                {
                    Required = true,
                    Minimum = Postgres.Versions.PostgresVersion.OldestMajor,
                    Maximum = Postgres.Versions.PostgresVersion.NewestMajor,
                },
                new("directory", ConfigValueKind.AbsolutePath, "where everything of the cluster rests on this machine")
                {
                    Default = "/var/lib/howdah/NAME as root, else $XDG_DATA_HOME/howdah/NAME",
                },
                new("bin_directory", ConfigValueKind.AbsolutePath, "where initdb, pg_ctl and postgres of that version are")
                {
                    Default = "searched for in the usual places and in PATH",
                },
                new(
                    "synchronous",
                    ConfigValueKind.Choice,
                    "who must hold a commit before it is answered: nobody else, any one of the standbys and the backup host, or all of them"
                )
                {
                    Default = SynchronousOff,
                    Choices = [SynchronousOff, SynchronousAny, SynchronousAll],
                },
                new(
                    "slot_wal_budget",
                    ConfigValueKind.Size,
                    "the most WAL that one slot may hold back on the primary's disk, from PostgreSQL 13 on"
                )
                {
                    Default = "derived from the disk",
                    Minimum = 64L << 20,
                },
            ]
        )
        {
            Required = true,
        };

    public static ConfigSection Nodes { get; } =
        new(
            "nodes",
            "one PostgreSQL server; the first is the initial primary, the others its hot standbys",
            [
                new("name", ConfigValueKind.Name, "the node's name, unique in the cluster") { Required = true },
                new("address", ConfigValueKind.Address, "the IP address or host name that it listens on and the others connect to")
                {
                    Required = true,
                },
                new("port", ConfigValueKind.Integer, "the TCP port that it listens on")
                {
                    Default = "5432",
                    Minimum = 1,
                    Maximum = 65535,
                },
                new(
                    "application_name",
                    ConfigValueKind.ApplicationName,
                    "how the node shows itself in pg_stat_replication while it is a standby"
                )
                {
                    Default = "the node's name",
                },
                new("slot", ConfigValueKind.SlotName, "the physical replication slot that keeps WAL for it while it is a standby")
                {
                    Default = "the node's name in lower case, with '-' and '.' as '_'",
                },
                new("data_directory", ConfigValueKind.AbsolutePath, "where its data rests")
                {
                    Default = "nodes/NAME/data in the cluster's directory",
                },
            ]
        )
        {
            Required = true,
            IsList = true,
        };

    public static ConfigSection Backup { get; } =
        new(
            "backup",
            "the backup host: where WAL is received and the repository is served",
            [
                new("name", ConfigValueKind.Name, "the backup host's name") { Default = "backup" },
                new("address", ConfigValueKind.Address, "the IP address or host name that the receiver and the backup connect from")
                {
                    Required = true,
                },
                new("application_name", ConfigValueKind.ApplicationName, "how the WAL receiver shows itself in pg_stat_replication")
                {
                    Default = "barman_receive_wal",
                },
                new("slot", ConfigValueKind.SlotName, "the receiver's own physical replication slot") { Default = "barman" },
                new("repository", ConfigValueKind.AbsolutePath, "where snapshots and WAL rest")
                {
                    Default = "repository in the cluster's directory",
                },
                new("rate_limit", ConfigValueKind.Size, "the most bytes per second that a base backup reads from the server")
                {
                    Default = "no limit",
                    Minimum = 32L << 10,
                    Maximum = 1L << 30,
                },
            ]
        )
        {
            Required = true,
        };

    public static ConfigSection Users { get; } =
        new(
            "users",
            "the roles that Howdah makes in the cluster; it makes their passwords too",
            [
                new("replication", ConfigValueKind.RoleName, "streams WAL and may do nothing else: standbys and the WAL receiver")
                {
                    Default = "howdah_replication",
                },
                new("backup", ConfigValueKind.RoleName, "takes base backups and sees the statistics") { Default = "howdah_backup" },
                new("superuser", ConfigValueKind.RoleName, "made by initdb, reached through the local socket only")
                {
                    Default = "postgres",
                },
            ]
        );

    public static ConfigSection Settings { get; } =
        new("settings", "settings for postgresql.conf on every node, except those that Howdah owns", []);

    public static ConfigSection Hba { get; } =
        new(
            "hba",
            "who else may connect",
            [new("lines", ConfigValueKind.TextList, "lines for pg_hba.conf on every node, after Howdah's own") { Default = "none" }]
        );

    public static ConfigSection Drill { get; } =
        new(
            "drill",
            "what a restore drill asks the restored copy",
            [
                new("query", ConfigValueKind.Text, "a query that must answer without an error")
                {
                    Default = "select count(*) from pg_class",
                },
                new("database", ConfigValueKind.Text, "the database that it runs in") { Default = "postgres" },
            ]
        );

    public static ConfigSection Schedule { get; } =
        new(
            "schedule",
            "what the agent on the backup host does by itself",
            [
                new("backup", ConfigValueKind.Cron, "when a base backup is taken, as a cron expression of five fields, local time")
                {
                    Default = "never",
                },
                new("drill", ConfigValueKind.Cron, "when a restore is rehearsed, as a cron expression of five fields, local time")
                {
                    Default = "never",
                },
            ]
        );

    public static ConfigSection Agent { get; } =
        new(
            "agent",
            "how the agents of a cluster on several machines talk to each other",
            [
                new("port", ConfigValueKind.Integer, "the TCP port that every agent listens on, on its host's address")
                {
                    Default = "7420",
                    Minimum = 1,
                    Maximum = 65535,
                },
                new("status", ConfigValueKind.Choice, "who may read status and metrics: the cluster's own hosts, or everybody")
                {
                    Default = StatusForMembers,
                    Choices = [StatusForMembers, StatusOpen],
                },
            ]
        );

    public static IReadOnlyList<ConfigSection> Sections { get; } =
        [Cluster, Nodes, Backup, Users, Settings, Hba, Drill, Schedule, Agent];

    /// <summary>Keys that people write from habit of other programs, and what is meant here.</summary>
    public static IReadOnlyDictionary<string, string> Habits { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["version"] = "postgresql",
            ["postgres"] = "postgresql",
            ["host"] = "address",
            ["hostaddr"] = "address",
            ["ip"] = "address",
            ["listen"] = "address",
            ["slot_name"] = "slot",
            ["data"] = "data_directory",
            ["pgdata"] = "data_directory",
            ["path"] = "directory",
            ["bin_dir"] = "bin_directory",
            ["node"] = "nodes",
            ["postgresql.conf"] = "settings",
            ["pg_hba"] = "hba",
            ["bandwidth_limit"] = "rate_limit",
            ["streaming_archiver_name"] = "application_name",
            ["backup_directory"] = "repository",
        };
}
