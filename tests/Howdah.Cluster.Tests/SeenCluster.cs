using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Rendering;
using Howdah.Core.Restore;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Tests;

/// <summary>A primary, a standby and a backup host as they would be observed: all well, or with one thing changed.</summary>
internal static class SeenCluster
{
    public const string SnapshotId = "20261123T090000";

    public static readonly SystemIdentifier OurSystem = new(7000000000000000001);
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);
    public static readonly ClusterModel Model = ModelIn("/tmp/lab");

    public static ObservedHost Host => new(Model.Hosts[0])
    {
        Age = TimeSpan.Zero,
        HasDirectories = true,
        HasSecrets = true,
        IsCreationRequested = true,
    };

    /// <summary>A primary, a standby and a backup host on one machine.</summary>
    /// <param name="directory">The cluster's own.</param>
    /// <param name="more">Further sections of the cluster file.</param>
    public static ClusterModel ModelIn(string directory, string more = "") => ClusterConfigReader.Read(
        $"""
        [cluster]
        name = "lab"
        postgresql = 15
        directory = "{directory}"
        [[nodes]]
        name = "master"
        address = "127.0.10.2"
        [[nodes]]
        name = "slave"
        address = "127.0.10.3"
        [backup]
        name = "backup"
        address = "127.0.10.4"
        {more}
        """,
        "howdah.toml", new ConfigDefaults { ClusterRoot = "/tmp" }).Model!;

    public static ObservedCluster Nothing() => Seen(
        [.. Model.Nodes.Select(
            node => new ObservedNode(node) { Data = DataPlace.Absent, Server = new ServerStatus(ServerState.NotInitialized, null) })]) with
    {
        Hosts = [Host with { HasDirectories = false, HasSecrets = false }],
        Backup = new ObservedBackup { HasRepository = false },
        Proof = null,
    };

    public static ObservedCluster Well(Func<ObservedNode, ObservedNode>? master = null, Func<ObservedNode, ObservedNode>? slave = null) =>
        Seen([(master ?? (node => node))(Master()), (slave ?? (node => node))(Slave())]);

    public static ObservedCluster Seen(IReadOnlyList<ObservedNode> nodes)
    {
        var topology = Topology.Of(Model, nodes);
        return new ObservedCluster
        {
            At = Now,
            Hosts = [Host],
            Nodes = [.. nodes.Select(node => topology.RoleOf(node.Model) is { } role
                ? node with { Wanted = Render(node.Model, role) }
                : node)],
            Backup = new ObservedBackup
            {
                HasRepository = true,
                Systems = [OurSystem],
                Snapshots = [new SnapshotSummary(SnapshotId, OurSystem, Now, new Lsn(100))],
                Window = Window(),
                IsReceiverRunning = true,
                HoldsFlushed = true,
            },
            Topology = topology,
            SlotWalBudget = ByteSize.FromMiB(1024),
            SupervisorProcessId = 7,
            SupervisorLastSign = Now.AddSeconds(-2),
            Proof = new ProofRecord
            {
                System = OurSystem,
                At = Now,
                Snapshot = SnapshotId,
                Took = TimeSpan.FromSeconds(5),
                Nodes = ["master", "slave"],
            },
        };
    }

    /// <summary>All is well but for WAL that is lost between the only snapshot and what is received now.</summary>
    public static ObservedCluster WithHole()
    {
        var seen = Well();
        var window = Window() with { Snapshots = [], Obstacle = "the WAL has a gap from 0/64 to 0/C8" };
        return seen with { Backup = seen.Backup with { Window = window, Gaps = 1 } };
    }

    private static RestorableWindow Window() => new()
    {
        Snapshots =
        [
            new RestorableSnapshot(SnapshotId, OurSystem, TimelineId.First)
            {
                Lineage = "lineage",
                StartTimeline = TimelineId.First,
                StartLsn = new Lsn(50),
                StopLsn = new Lsn(100),
                StoppedAt = Now,
                Bytes = 1,
            },
        ],
        Until = Now,
    };

    private static NodeRendering Render(NodeModel node, NodeRole role) =>
        NodeRenderer.Render(
            Model, node, role, new RenderOptions { Version = PostgresVersion.OfMajor(15), SlotWalBudget = ByteSize.FromMiB(1024) });

    public static ObservedNode Master() => new(Model.Nodes[0])
    {
        Data = DataPlace.Initialized,
        Server = new ServerStatus(ServerState.Primary, new PostmasterFile(1, "/")),
        Answers = Answers() with
        {
            Slots = [Slot("slave"), Slot("barman")],
            Followers = [Follower("slave"), Follower("barman_receive_wal")],
            Roles = [.. Render(
                Model.Nodes[0], NodeRole.Primary).Roles.Select(role => new ObservedRole(role.Name, true, true, RoleFingerprint.Of(role)))],
        },
    };

    public static ObservedNode Slave() => new(Model.Nodes[1])
    {
        Data = DataPlace.Initialized,
        HasStandbyMarker = true,
        Server = new ServerStatus(ServerState.Standby, new PostmasterFile(2, "/")),
        Answers = Answers() with { InRecovery = true },
    };

    private static NodeAnswers Answers() =>
        new() { Version = new PostgresVersion(150018), InRecovery = false, System = OurSystem, Position = new Lsn(200) };

    public static ObservedSlot Slot(string name) => new(name, IsActive: true, new Lsn(100)) { WalStatus = "reserved" };

    public static ObservedFollower Follower(string name) => new(name, "streaming") { Flushed = new Lsn(200), Replayed = new Lsn(200) };
}
