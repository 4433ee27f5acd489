using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Planning;

/// <summary>
/// Decides what is to be done: from what is wanted and what was seen to the steps between, in order. Pure; it assumes of each step
/// that it succeeds, and what could not be seen yet is planned for when it is.
/// </summary>
internal sealed class Planner
{
    private readonly ClusterModel _model;
    private readonly ObservedCluster _seen;
    private readonly List<PlanStep> _steps = [];
    private readonly List<PlanObstacle> _obstacles = [];

    // The standbys' servers were planned before the primary's.
    private bool _isRaising;

    private Planner(ClusterModel model, ObservedCluster seen)
    {
        _model = model;
        _seen = seen;
    }

    public static ClusterPlan Plan(ClusterModel model, ObservedCluster seen)
    {
        var planner = new Planner(model, seen);
        planner.FindObstacles();
        if (planner._obstacles.Count == 0)
        {
            planner.PlanStops();
            planner.PlanGround();
            planner.PlanRaise();
            planner.PlanPrimary();
            planner.PlanReceiver();
            foreach (var node in seen.Standbys)
                planner.PlanStandby(node);
            planner.PlanProof();
        }

        return new ClusterPlan(planner._steps, planner._obstacles);
    }

    private ObservedNode Primary => _seen.Node(_seen.Topology.Primary!);

    private void FindObstacles()
    {
        foreach (var node in _seen.Nodes.Where(node => node.Data == DataPlace.Foreign))
        {
            _obstacles.Add(new PlanObstacle(
                node.Model.Name,
                $"{node.Model.DataDirectory} holds something that is no data directory of PostgreSQL {_model.PostgresMajor}",
                "move it away, or give the node another directory"));
        }

        if (_seen.Topology.Primary is null)
        {
            _obstacles.Add(new PlanObstacle(
                _model.Name, _seen.Topology.Conflict ?? "there is no primary",
                _seen.Topology.WayOut ?? "see howdah status"));
        }
        else
        {
            FindForeignSystems();
        }

        if (_seen.Backup.Problem is { } problem)
            _obstacles.Add(new PlanObstacle(_model.Backup.Name, problem, "give the repository an empty directory, or mend it"));
    }

    private void FindForeignSystems()
    {
        if (Primary.Data == DataPlace.Absent && _seen.Backup.Systems.Count > 0)
        {
            _obstacles.Add(new PlanObstacle(
                _model.Backup.Name,
                $"the repository {_model.Backup.RepositoryDirectory} holds backups of this cluster, and no node has its data any more",
                "run: howdah restore; or, to begin anew, give the repository another directory"));
        }

        if (Primary.Answers is not { } answers)
            return;
        foreach (var node in _seen.Nodes.Where(
            node => !node.IsRebuildRequested && node.Answers is { } other && other.System != answers.System))
        {
            _obstacles.Add(new PlanObstacle(
                node.Model.Name,
                $"its data is of another database system ({node.Answers!.System}) than the primary's ({answers.System})",
                $"run: howdah standby rebuild {node.Model.Name}"));
        }
    }

    /// <summary>Before all else: a standby that writes into another server's files does damage for as long as it runs.</summary>
    private void PlanStops()
    {
        foreach (var node in _seen.Standbys.Where(node => node.SharedTablespaces.Count > 0 && node.Server.IsRunning))
        {
            Add(
                PlanStepKind.StopSharing, node.Model.Name, $"stop {node.Model.Name} at once, without a checkpoint",
                $"it writes into {string.Join(", ", node.SharedTablespaces)}, where another server has its tablespace");
        }
    }

    private void PlanGround()
    {
        if (!_seen.HasDirectories)
            Add(PlanStepKind.PrepareDirectories, "", $"make the directories in {_model.Directory}", "they are not all there");
        if (!_seen.HasSecrets)
            Add(
                PlanStepKind.CreateSecrets, "", $"make passwords and the passfile in {_model.Paths.SecretsDirectory}",
                "they are not all there");
        if (!_seen.Backup.HasRepository)
            Add(PlanStepKind.CreateRepository, "", $"make the repository {_model.Backup.RepositoryDirectory}", "it is not there");
    }

    /// <summary>The standbys' servers before the primary's, for once.</summary>
    private void PlanRaise()
    {
        if (Primary.Answers is not { } answers || !RestartOrder.RaisesAbove(answers, _seen.Standbys))
            return;
        _isRaising = true;
        foreach (var node in _seen.Standbys.Where(node => node.Answers is not null))
            PlanServer(node);
    }

    private void PlanPrimary()
    {
        var node = Primary;
        var name = node.Model.Name;
        if (node.Data == DataPlace.Absent)
        {
            Add(
                PlanStepKind.InitializePrimary, name,
                $"make the database system of {name} (PostgreSQL {_model.PostgresMajor}, checksums, SCRAM)", "no node has data");
            Add(PlanStepKind.StartServer, name, $"start {name} on {node.Model.Address}:{node.Model.Port}", "it does not run");
        }
        else
        {
            PlanServer(node);
        }

        var rolesSeen = node.Answers?.Roles ?? [];
        foreach (var role in node.Wanted?.Roles ?? [])
        {
            var found = rolesSeen.FirstOrDefault(seen => string.Equals(seen.Name, role.Name, StringComparison.Ordinal));
            var isRight = found is { MayReplicate: true, HasOurPassword: true }
                && string.Equals(found.Fingerprint, RoleFingerprint.Of(role), StringComparison.Ordinal);
            if (isRight || (node.Answers is null && node.Data != DataPlace.Absent))
                continue;
            var why = found is null ? "it is not there" : "it is not as it should be";
            Add(PlanStepKind.CreateRole, role.Name, $"create role {role.Name} (LOGIN REPLICATION): {role.Reason}", why);
        }

        PlanSlots(node);
    }

    private void PlanSlots(ObservedNode primary)
    {
        if (primary.Answers is null && primary.Data != DataPlace.Absent)
            return;
        var removed = _seen.Nodes.Where(node => node.IsRemoved).Select(node => node.Model.SlotName).ToHashSet(StringComparer.Ordinal);
        foreach (var slot in (primary.Wanted?.Slots ?? []).Where(slot => !removed.Contains(slot.Name)))
        {
            var found = primary.Answers?.Slots.FirstOrDefault(seen => string.Equals(seen.Name, slot.Name, StringComparison.Ordinal));
            if (found is null)
                Add(
                    PlanStepKind.CreateSlot, slot.Name,
                    $"create slot {slot.Name} on {primary.Model.Name}, WAL reserved: {slot.Reason}", "it is not there");
            else if (found.IsLost && !found.IsActive)
                Add(
                    PlanStepKind.CreateSlot, slot.Name, $"create slot {slot.Name} on {primary.Model.Name} anew",
                    "the server has given it up: what it kept exceeded the disk budget");
            else if (found.RestartLsn is null && !found.IsActive)
                Add(
                    PlanStepKind.CreateSlot, slot.Name, $"create slot {slot.Name} on {primary.Model.Name} anew, WAL reserved",
                    "it keeps no WAL");
        }
    }

    /// <summary>Configuration and process of a node that has data.</summary>
    private void PlanServer(ObservedNode node)
    {
        var name = node.Model.Name;
        if (node.DifferingFiles.Count > 0)
            Add(
                PlanStepKind.WriteConfiguration, name, $"write {string.Join(", ", node.DifferingFiles)} of {name}",
                "not as rendered from the cluster file");
        if (!node.Server.IsRunning)
            Add(PlanStepKind.StartServer, name, $"start {name} on {node.Model.Address}:{node.Model.Port}", "it does not run");
        else if (node.Answers is null)
            Add(PlanStepKind.StartServer, name, $"wait for {name} to answer", node.Problem ?? "it does not answer");
        else if (node.Model != _seen.Topology.Primary && RestartOrder.LowersBelowReplayed(node) is { } lowered)
            Add(
                PlanStepKind.AwaitReplay, name, $"wait until {name} has replayed that {Primary.Model.Name} has less",
                $"its restart would set {lowered}");
        else if (node.Answers.PendingRestart.Count > 0)
            Add(
                PlanStepKind.RestartServer, name, $"restart {name}",
                $"{string.Join(", ", node.Answers.PendingRestart)} counts only after a restart");
        else if (node.Answers.NeedsReload && node.DifferingFiles.Count == 0)
            Add(PlanStepKind.ReloadServer, name, $"reload the configuration of {name}", "its files are newer than what it has read");
    }

    private void PlanReceiver()
    {
        if (!_seen.Backup.IsReceiverRunning)
        {
            Add(
                PlanStepKind.StartReceiver, _model.Backup.Name,
                $"start receiving WAL as {_model.Backup.ApplicationName} through slot {_model.Backup.SlotName}",
                "this process does not receive");
        }

        if (!IsStreaming(_model.Backup.ApplicationName, _model.Backup.SlotName))
            Add(
                PlanStepKind.AwaitReceiver, _model.Backup.Name, $"wait until {_model.Backup.Name} streams",
                "the primary does not see it stream");
    }

    private void PlanStandby(ObservedNode node)
    {
        var name = node.Model.Name;
        var isAbsent = node.Data == DataPlace.Absent;
        var slot = Primary.Answers?.Slots.FirstOrDefault(seen => string.Equals(seen.Name, node.Model.SlotName, StringComparison.Ordinal));
        var lost = !isAbsent && slot is { IsLost: true, IsActive: false };
        var why = WhyClone(node, isAbsent, lost);
        if (why is not null)
        {
            if (node.Staged != StagedCopy.Verified)
                Add(PlanStepKind.CloneStandby, name, $"copy {Primary.Model.Name} to {name} by a base backup, and verify it", why);
            Add(
                PlanStepKind.ActivateClone, name,
                $"put the verified copy in place and start {name} on {node.Model.Address}:{node.Model.Port}",
                "the copy is beside the data directory");
        }
        else if (!_isRaising || node.Answers is null)
        {
            PlanServer(node);
        }

        if (!IsStreaming(node.Model.ApplicationName, node.Model.SlotName) || why is not null)
            Add(
                PlanStepKind.AwaitStreaming, name, $"wait until {name} streams through slot {node.Model.SlotName}",
                "the primary does not see it stream");
        if (node.HasReplacedData || (why is null && node.Staged != StagedCopy.None))
            Add(PlanStepKind.RemoveOldData, name, $"remove the data that was replaced on {name}", "its replacement streams");
    }

    private static string? WhyClone(ObservedNode node, bool isAbsent, bool isLost) =>
        isAbsent ? "it has no data"
        : isLost ? "its slot is lost, and WAL that it needs may be gone"
        : node.IsRebuildRequested ? "a rebuild was asked for"
        : node.SharedTablespaces.Count > 0 ? $"its tablespace in {node.SharedTablespaces[0]} is another server's: it needs one of its own"
        : null;

    private void PlanProof()
    {
        var isNew = Primary.Data == DataPlace.Absent;
        if (!isNew && Primary.Answers is null)
            return;
        var backup = WhyBackUp(isNew);
        if (backup is { } need)
            Add(PlanStepKind.TakeBackup, _model.Backup.Name, need.Text, need.Reason);
        if (WhyProve(isNew, isBackedUpFirst: backup is not null) is { } reason)
            Add(PlanStepKind.Prove, "", "prove it: write a row, read it on every standby, restore and read it there", reason);
    }

    private (string Text, string Reason)? WhyBackUp(bool isNew)
    {
        if (isNew || _seen.Backup.Snapshots.Count == 0)
            return ("take the first base backup", "the repository holds no clean snapshot of this system");
        if (_seen.Backup.Window is { Obstacle: { } obstacle })
            return ("take a base backup", $"no snapshot leads to the newest WAL: {obstacle}");
        return _seen.UnsavedTablespaces() is [var unsaved, ..]
            ? ("take a base backup",
                $"no snapshot holds tablespace {unsaved.Name} in {unsaved.Location}: recovery from an older one would take it over")
            : null;
    }

    private string? WhyProve(bool isNew, bool isBackedUpFirst)
    {
        if (isNew || _seen.Proof is not { } proof || proof.System != Primary.Answers!.System)
            return "not proven yet";
        if (StandbysUnproven(proof) is { Count: > 0 } nodes)
            return $"not proven yet with {string.Join(", ", nodes)}";
        var reaching = _seen.Backup.Window?.Snapshots ?? [];
        return isBackedUpFirst || !reaching.Any(snapshot => string.Equals(snapshot.Id, proof.Snapshot, StringComparison.Ordinal))
            ? $"what was proven was snapshot {proof.Snapshot}, which does not lead to the newest WAL any more"
            : null;
    }

    private List<string> StandbysUnproven(ProofRecord proof) =>
    [
        .. _seen.Standbys.Select(node => node.Model.Name).Where(name => !proof.Nodes.Contains(name, StringComparer.Ordinal)),
    ];

    private bool IsStreaming(string applicationName, string slotName) => Primary.Answers?.IsFollowedBy(applicationName, slotName) ?? false;

    private void Add(PlanStepKind kind, string subject, string text, string reason) =>
        _steps.Add(new PlanStep(kind, subject, text, reason));
}
