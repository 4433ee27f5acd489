using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Rendering;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Tests.Planning;

/// <summary>
/// Three hosts without servers: what is true of them, what each of them can see of it, and what a step makes of it. Cut cables, dead
/// servers and lost slots come from outside.
/// </summary>
internal sealed class SimulatedHosts
{
    public static readonly ClusterModel Model = ReadModel();

    private static readonly SystemIdentifier System = new(7000000000000000001);
    private static readonly RenderOptions Options = new() { Version = PostgresVersion.OfMajor(15), SlotWalBudget = ByteSize.FromMiB(1024) };

    private readonly Dictionary<string, Node> _nodes = Model.Nodes.ToDictionary(node => node.Name, _ => new Node());
    private readonly HashSet<string> _grounded = [];
    private readonly HashSet<string> _cut = [];
    private readonly HashSet<string> _roles = [];
    private readonly HashSet<string> _slots = [];
    private bool _isCreationRequested = true;
    private bool _hasRepository;
    private bool _receives;
    private bool _hasSnapshot;
    private bool _isProven;

    public int Created { get; private set; }

    public bool IsCut(string host) => _cut.Contains(host);

    public void Cut(string host) => _cut.Add(host);

    public void Heal(string host) => _cut.Remove(host);

    public void Kill(string node) => _nodes[node].Runs = false;

    public void LoseSlot(string slot) => _slots.Remove(slot);

    public void StopReceiver() => _receives = false;

    /// <summary>What the agent of a host knows.</summary>
    public ObservedCluster SeenFrom(string host)
    {
        var seen = Model.Nodes.Select(node => See(host, node)).ToList();
        var topology = Topology.Of(Model, seen);
        return new ObservedCluster
        {
            At = SeenCluster.Now,
            Hosts = [.. Model.Hosts.Select(other => See(host, other))],
            Nodes = [.. seen.Select(node => topology.RoleOf(node.Model) is { } role
                ? node with { Wanted = NodeRenderer.Render(Model, node.Model, role, Options with { Primary = topology.Primary }) }
                : node)],
            Backup = CanSee(host, Model.BackupMachine.Name) ? Backup() : new ObservedBackup { IsSeen = false, HasRepository = false },
            Topology = topology,
            SlotWalBudget = ByteSize.FromMiB(1024),
            Proof = _isProven && CanSee(host, Model.BackupMachine.Name) ? Proof() : null,
        };
    }

    /// <summary>Carries a step out, and fails the test where that would have done harm.</summary>
    public void Apply(PlanStep step)
    {
        Assert.True(_cut.Count == 0 || step.Kind != PlanStepKind.Prove, "proven while a host could not be seen");
        switch (step.Kind)
        {
            case PlanStepKind.PrepareDirectories: _grounded.Add(step.Host); break;
            case PlanStepKind.CreateRepository: _hasRepository = true; break;
            case PlanStepKind.InitializePrimary: Initialize(_nodes[step.Subject]); break;
            case PlanStepKind.StartServer or PlanStepKind.RestartServer: _nodes[step.Subject].Runs = true; break;
            case PlanStepKind.CreateRole: _roles.Add(step.Subject); break;
            case PlanStepKind.CreateSlot: _slots.Add(step.Subject); break;
            case PlanStepKind.StartReceiver: _receives = true; break;
            case PlanStepKind.CloneStandby: Clone(step); break;
            case PlanStepKind.ActivateClone:
                Assert.True(_nodes[step.Subject].IsStaged, "activated what is not there");
                (_nodes[step.Subject].HasData, _nodes[step.Subject].IsStandby) = (true, true);
                (_nodes[step.Subject].IsStaged, _nodes[step.Subject].Runs) = (false, true);
                break;
            case PlanStepKind.TakeBackup:
                Assert.True(_hasRepository);
                _hasSnapshot = true;
                break;
            case PlanStepKind.Prove:
                Assert.True(_hasSnapshot);
                _isProven = true;
                break;
            default: Assert.Fail($"nobody here does {step.Id}"); break;
        }
    }

    private void Initialize(Node node)
    {
        Assert.True(_isCreationRequested && !_nodes.Values.Any(other => other.HasData), "a second database system was made");
        Created++;
        node.HasData = true;
        _isCreationRequested = false;
    }

    private void Clone(PlanStep step)
    {
        var slot = Model.FindNode(step.Subject)!.SlotName;
        Assert.True(_slots.Contains(slot), "copied before its slot kept WAL");
        _nodes[step.Subject].IsStaged = true;
    }

    private bool CanSee(string host, string other) => host == other || (!_cut.Contains(host) && !_cut.Contains(other));

    private ObservedHost See(string host, HostModel other) => CanSee(host, other.Name)
        ? new ObservedHost(other)
        {
            Age = TimeSpan.Zero,
            HasDirectories = _grounded.Contains(other.Name),
            HasSecrets = true,
            IsCreationRequested = _isCreationRequested && other.Name == "master",
        }
        : new ObservedHost(other) { Problem = "the cable is cut" };

    private ObservedNode See(string host, NodeModel model)
    {
        var node = _nodes[model.Name];
        if (!CanSee(host, model.Name))
            return new ObservedNode(model) { Data = DataPlace.Unknown, Server = new ServerStatus(ServerState.Unknown, null) };
        return new ObservedNode(model)
        {
            Data = node.HasData ? DataPlace.Initialized : DataPlace.Absent,
            HasStandbyMarker = node.IsStandby,
            Staged = node.IsStaged ? StagedCopy.Verified : StagedCopy.None,
            Server = new ServerStatus(!node.Runs ? ServerState.Stopped : node.IsStandby ? ServerState.Standby : ServerState.Primary, null),
            Answers = node.Runs ? Answers(node) : null,
        };
    }

    private NodeAnswers Answers(Node node) => new()
    {
        Version = new PostgresVersion(150018),
        InRecovery = node.IsStandby,
        System = System,
        Position = new Lsn(200),
        Slots = node.IsStandby ? [] : [.. _slots.Select(name => new ObservedSlot(name, Follows(name), new Lsn(100)))],
        Followers = node.IsStandby ? [] : [.. Following()],
        Roles = [.. NodeRenderer.Render(Model, Model.Nodes[0], NodeRole.Primary, Options).Roles
            .Where(role => _roles.Contains(role.Name))
            .Select(role => new ObservedRole(role.Name, true, true, RoleFingerprint.Of(role)))],
    };

    private IEnumerable<ObservedFollower> Following()
    {
        if (Follows(Model.Nodes[1].SlotName))
            yield return SeenCluster.Follower(Model.Nodes[1].ApplicationName);
        if (Follows(Model.Backup.SlotName))
            yield return SeenCluster.Follower(Model.Backup.ApplicationName);
    }

    private bool Follows(string slot)
    {
        var isBackup = slot == Model.Backup.SlotName;
        var host = isBackup ? "backup" : "slave";
        var runs = isBackup ? _receives : _nodes["slave"] is { Runs: true, IsStandby: true };
        return _slots.Contains(slot) && runs && CanSee("master", host);
    }

    private ObservedBackup Backup() => new()
    {
        HasRepository = _hasRepository,
        Systems = _receives ? [System] : [],
        Snapshots = _hasSnapshot ? [new SnapshotSummary(SeenCluster.SnapshotId, System, SeenCluster.Now, new Lsn(100))] : [],
        Window = _hasSnapshot ? SeenCluster.Well().Backup.Window : null,
        IsReceiverRunning = _receives,
    };

    private static ProofRecord Proof() => new()
    {
        System = System,
        At = SeenCluster.Now,
        Snapshot = SeenCluster.SnapshotId,
        Took = TimeSpan.FromSeconds(1),
        Nodes = ["slave"],
    };

    private static ClusterModel ReadModel()
    {
        const string Text = """
            [cluster]
            name = "lab"
            postgresql = 15
            [[nodes]]
            name = "master"
            address = "10.0.10.2"
            [[nodes]]
            name = "slave"
            address = "10.0.10.3"
            [backup]
            name = "backup"
            address = "10.0.10.4"
            """;
        return ClusterConfigReader.Read(Text, "howdah.toml", new ConfigDefaults { ClusterRoot = "/tmp" }).Model!;
    }

    private sealed class Node
    {
        public bool HasData { get; set; }

        public bool IsStandby { get; set; }

        public bool IsStaged { get; set; }

        public bool Runs { get; set; }
    }
}
