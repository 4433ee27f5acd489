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
    private readonly HashSet<string> _off = [];
    private readonly HashSet<string> _roles = [];
    private readonly Dictionary<string, string> _lastPrimaries = [];
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

    /// <summary>The server gives it up, where nobody uses it: its standby misses WAL from then on.</summary>
    public void LoseSlot(string slot)
    {
        if (Writable("master") is not { } primary || !_nodes[primary].Slots.ContainsKey(slot) || Follows(primary, slot))
            return;
        _nodes[primary].Slots[slot] = true;
        if (_nodes.TryGetValue(slot, out var node))
            node.MissesWal = node.HasData;
    }

    public void DropSlot(string slot)
    {
        foreach (var node in _nodes.Values.Where(node => node.Slots.TryGetValue(slot, out var isLost) && !isLost))
            node.Slots.Remove(slot);
    }

    public bool IsOff(string host) => _off.Contains(host);

    public void PowerOff(string host)
    {
        _off.Add(host);
        if (_nodes.TryGetValue(host, out var node))
            node.Runs = false;
        _receives &= host != Model.BackupMachine.Name;
    }

    public void PowerOn(string host)
    {
        if (_off.Remove(host) && _nodes.TryGetValue(host, out var node))
            node.HasRunSinceBoot = false;
    }

    /// <summary>What a person does who takes the other node for gone.</summary>
    public void Promote(string name)
    {
        var node = _nodes[name];
        Assert.True(node is { Runs: true, IsStandby: true });
        (node.IsStandby, node.Timeline) = (false, node.Timeline + 1);
    }

    public bool Runs(string node) => _nodes[node].Runs;

    public bool IsRebuiltFor(string node) => _nodes[node] is { IsRebuildRequested: false, MissesWal: false };

    public void StopReceiver() => _receives = false;

    /// <summary>What the agent of a host knows.</summary>
    public ObservedCluster SeenFrom(string host)
    {
        var seen = Model.Nodes.Select(node => See(host, node)).ToList();
        if (Writable(host) is { } primary)
            _lastPrimaries[host] = primary;
        var topology = Topology.Of(Model, seen, Clues(host));
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
            case PlanStepKind.StartServer or PlanStepKind.RestartServer: Start(step.Subject); break;
            case PlanStepKind.CreateRole: _roles.Add(step.Subject); break;
            case PlanStepKind.CreateSlot: CreateSlot(step); break;
            case PlanStepKind.NoteRebuild:
                Assert.Equal(step.Subject, step.Host);
                _nodes[step.Subject].IsRebuildRequested = true;
                break;
            case PlanStepKind.StartReceiver: _receives = true; break;
            case PlanStepKind.CloneStandby: Clone(step); break;
            case PlanStepKind.ActivateClone: Activate(_nodes[step.Subject]); break;
            case PlanStepKind.RemoveOldData: _nodes[step.Subject].HasReplaced = false; break;
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

    private void Start(string name)
    {
        var node = _nodes[name];
        Assert.True(
            node.IsStandby || !_nodes.Values.Any(other => other is { HasData: true, IsStandby: false } && other.Timeline > node.Timeline),
            "an old primary was started beside the new one");
        (node.Runs, node.HasRunSinceBoot) = (true, true);
    }

    private void CreateSlot(PlanStep step)
    {
        var slots = _nodes[step.Host].Slots;
        if (slots.GetValueOrDefault(step.Subject) && _nodes.TryGetValue(step.Subject, out var standby))
            Assert.True(standby.IsRebuildRequested || !standby.HasData, "a lost slot looks well, and its standby misses WAL for good");
        slots[step.Subject] = false;
    }

    private void Clone(PlanStep step)
    {
        var slot = Model.FindNode(step.Subject)!.SlotName;
        Assert.True(Writable(step.Host) is { } primary && _nodes[primary].Slots.TryGetValue(slot, out var isLost) && !isLost,
            "copied before its slot kept WAL");
        _nodes[step.Subject].IsStaged = true;
    }

    private static void Activate(Node node)
    {
        Assert.True(node.IsStaged, "activated what is not there");
        node.HasReplaced = node.HasData;
        (node.HasData, node.IsStandby, node.IsStaged, node.Runs) = (true, true, false, true);
        (node.IsRebuildRequested, node.MissesWal) = (false, false);
    }

    /// <summary>The node that a host sees accept writes.</summary>
    private string? Writable(string host) => Model.Nodes.Select(node => node.Name).Where(
        name => CanSee(host, name) && _nodes[name] is { Runs: true, IsStandby: false }).ToList() is [var only] ? only : null;

    /// <summary>As the agent of a host has them whose patience is without end.</summary>
    private PrimaryClues Clues(string host) => new()
    {
        Words =
        [
            .. from other in Model.Hosts
               where CanSee(host, other.Name)
               let now = other.Name == host ? null : Writable(other.Name)
               where now is not null
               select new PrimaryWord(other.Name, now, IsNow: true),
            .. from other in Model.Hosts
               where CanSee(host, other.Name) && _lastPrimaries.ContainsKey(other.Name)
               select new PrimaryWord(other.Name, _lastPrimaries[other.Name], IsNow: false),
        ],
        Waiting = [.. Model.Nodes.Where(node => node.Name == host && !_nodes[host].HasRunSinceBoot)],
    };

    private bool CanSee(string host, string other) =>
        host == other || (!_cut.Contains(host) && !_cut.Contains(other) && !_off.Contains(host) && !_off.Contains(other));

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
            HasReplacedData = node.HasReplaced,
            IsRebuildRequested = node.IsRebuildRequested,
            Timeline = node.HasData ? new TimelineId(node.Timeline) : null,
            Server = new ServerStatus(!node.Runs ? ServerState.Stopped : node.IsStandby ? ServerState.Standby : ServerState.Primary, null),
            Answers = node.Runs ? Answers(model.Name, node) : null,
        };
    }

    private NodeAnswers Answers(string name, Node node) => new()
    {
        Version = new PostgresVersion(150018),
        InRecovery = node.IsStandby,
        System = System,
        Timeline = new TimelineId(node.Timeline),
        Position = new Lsn(200),
        Slots = node.IsStandby ? [] : [.. node.Slots.Select(slot => new ObservedSlot(slot.Key, Follows(name, slot.Key), new Lsn(100))
        {
            WalStatus = slot.Value ? "lost" : "reserved",
        })],
        Followers = node.IsStandby ? [] : [.. Following(name)],
        Roles = [.. NodeRenderer.Render(Model, Model.Nodes[0], NodeRole.Primary, Options).Roles
            .Where(role => _roles.Contains(role.Name))
            .Select(role => new ObservedRole(role.Name, true, true, RoleFingerprint.Of(role)))],
    };

    private IEnumerable<ObservedFollower> Following(string primary)
    {
        foreach (var node in Model.Nodes.Where(node => Follows(primary, node.SlotName)))
            yield return SeenCluster.Follower(node.ApplicationName);
        if (Follows(primary, Model.Backup.SlotName))
            yield return SeenCluster.Follower(Model.Backup.ApplicationName);
    }

    private bool Follows(string primary, string slot)
    {
        var isBackup = slot == Model.Backup.SlotName;
        var runs = isBackup ? _receives : _nodes[slot] is { Runs: true, IsStandby: true, MissesWal: false };
        return _nodes[primary].Slots.TryGetValue(slot, out var isLost) && !isLost && runs
            && CanSee(primary, isBackup ? Model.BackupMachine.Name : slot);
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

        public bool HasRunSinceBoot { get; set; } = true;

        public bool HasReplaced { get; set; }

        public bool IsRebuildRequested { get; set; }

        public bool MissesWal { get; set; }

        public uint Timeline { get; set; } = 1;

        /// <summary>By name; true: the server has given it up.</summary>
        public Dictionary<string, bool> Slots { get; } = [];
    }
}
