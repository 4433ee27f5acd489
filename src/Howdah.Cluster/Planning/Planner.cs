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

    // Subjects of obstacles: of these nothing is planned.
    private readonly HashSet<string> _blocked;

    // Everything that follows the primary waits for these.
    private List<string> _primarySteps = [];

    // Steps of standbys that come before the primary's restart.
    private HashSet<string> _raised = [];

    // The standbys' servers were planned before the primary's.
    private bool _isRaising;

    private Planner(ClusterModel model, ObservedCluster seen, IReadOnlyList<PlanObstacle> obstacles)
    {
        _model = model;
        _seen = seen;
        _blocked = obstacles.Select(obstacle => obstacle.Subject).ToHashSet(StringComparer.Ordinal);
    }

    public static ClusterPlan Plan(ClusterModel model, ObservedCluster seen)
    {
        var obstacles = new ObstacleFinder(model, seen).Find();
        var planner = new Planner(model, seen, obstacles);
        planner.PlanAround(obstacles);
        return new ClusterPlan(planner._steps, obstacles)
        {
            Unseen = [.. seen.Hosts.Where(host => !host.IsSeen).Select(
                host => new UnseenHost(host.Model.Name, host.Problem ?? "nothing is known of it"))],
            Ages = seen.Ages,
        };
    }

    /// <summary>What an obstacle does not concern goes on: a primary that has died is started, whatever else is amiss.</summary>
    private void PlanAround(IReadOnlyList<PlanObstacle> obstacles)
    {
        var isEmpty = _seen.Topology.Primary is not null && Primary.Data != DataPlace.Initialized;
        // A first run that cannot go to its end begins nothing.
        if (isEmpty && _model.IsOnOneMachine && obstacles.Count > 0)
            return;
        PlanStops();
        PlanGround();
        if (_seen.Topology.Primary is null)
        {
            foreach (var node in _seen.Nodes.Where(
                node => node is { HasStandbyMarker: true, IsRemoved: false, Server.IsRunning: false }
                    && !_blocked.Contains(node.Model.Name)))
                Add(node.Model, new(PlanStepKind.StartServer, node.Model.Name, StartText(node.Model), "it does not run"));
            return;
        }

        // Whatever is amiss may hide data of the cluster, and then no other database system is made (design law 6).
        if (obstacles.Any(obstacle => obstacle.Host is null || obstacle.Subject == Primary.Model.Name || isEmpty))
            return;
        if (Primary.Answers is { } answers && RestartOrder.RaisesAbove(answers, Unblocked))
            PlanRaise();
        PlanPrimary();
        _primarySteps = Pending(step => step.Host == _model.HostOf(Primary.Model).Name && !step.IsHeldBack);
        PlanReceiver();
        foreach (var node in Unblocked.Where(node => node.Data != DataPlace.Unknown))
            PlanStandby(node);
        PlanProof();
    }

    private ObservedNode Primary => _seen.Node(_seen.Topology.Primary!);

    private IEnumerable<ObservedNode> Unblocked => _seen.Standbys.Where(node => !_blocked.Contains(node.Model.Name));

    private bool IsBackupBlocked => _blocked.Contains(_model.Backup.Name);

    /// <summary>The standbys' servers before the primary's, for once.</summary>
    private void PlanRaise()
    {
        _isRaising = true;
        foreach (var node in Unblocked.Where(node => node.Answers is not null))
            PlanServer(node);
        _raised = _steps
            .Where(step => step.Kind is PlanStepKind.WriteConfiguration or PlanStepKind.ReloadServer or PlanStepKind.RestartServer)
            .Select(step => step.Id)
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Before all else: a standby that writes into another server's files does damage for as long as it runs.</summary>
    private void PlanStops()
    {
        foreach (var node in _seen.Standbys.Where(node => node.SharedTablespaces.Count > 0 && node.Server.IsRunning))
        {
            Add(
                node.Model, new(PlanStepKind.StopSharing, node.Model.Name, $"stop {node.Model.Name} at once, without a checkpoint",
                $"it writes into {string.Join(", ", node.SharedTablespaces)}, where another server has its tablespace"));
        }
    }

    private void PlanGround()
    {
        foreach (var host in _seen.Hosts.Where(host => host.IsSeen))
        {
            var subject = _model.IsOnOneMachine ? "" : host.Model.Name;
            if (!host.HasDirectories)
                Add(
                    host.Model, new(PlanStepKind.PrepareDirectories, subject, $"make the directories in {_model.Directory}",
                    "they are not all there"));
            if (!host.HasSecrets)
                Add(
                    host.Model, new(PlanStepKind.CreateSecrets, subject,
                    $"make {(_model.IsOnOneMachine ? "passwords and " : "")}the passfile in {_model.Paths.SecretsDirectory}",
                    "not all of it is there"));
        }

        if (_seen.Backup is { IsSeen: true, HasRepository: false, Problem: null })
            AddOnBackup(
                PlanStepKind.CreateRepository, "", $"make the repository {_model.Backup.RepositoryDirectory}", "it is not there");
    }

    private void PlanPrimary()
    {
        var node = Primary;
        var name = node.Model.Name;
        if (node.Data == DataPlace.Absent)
        {
            Add(
                node.Model, new(PlanStepKind.InitializePrimary, name,
                $"make the database system of {name} (PostgreSQL {_model.PostgresMajor}, checksums, SCRAM)", "no node has data"));
            Add(node.Model, new(PlanStepKind.StartServer, name, StartText(node.Model), "it does not run"));
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
            Add(node.Model, new(PlanStepKind.CreateRole, role.Name, $"create role {role.Name} (LOGIN REPLICATION): {role.Reason}", why));
        }

        foreach (var step in SlotPlan.Of(_model, _seen, node, _blocked))
            Add(node.Model, step);
    }

    /// <summary>Configuration and process of a node that has data.</summary>
    private void PlanServer(ObservedNode node)
    {
        var name = node.Model.Name;
        if (node.DifferingFiles.Count > 0)
            Add(
                node.Model, new(PlanStepKind.WriteConfiguration, name, $"write {string.Join(", ", node.DifferingFiles)} of {name}",
                ConfigurationReason.Of(node)));
        if (!node.Server.IsRunning)
            Add(node.Model, new(PlanStepKind.StartServer, name, StartText(node.Model), "it does not run"));
        else if (node.Answers is null)
            Add(node.Model, new(PlanStepKind.StartServer, name, $"wait for {name} to answer", node.Problem ?? "it does not answer"));
        else if (node.Model != _seen.Topology.Primary && !RaisesFirst(node.Answers)
            && RestartOrder.LowersBelowReplayed(node) is { } lowered)
            Add(
                node.Model, new(PlanStepKind.AwaitReplay, name, $"wait until {name} has replayed that {Primary.Model.Name} has less",
                $"its restart would set {lowered}"));
        else if (node.Answers.PendingRestart.Count > 0 && !ReadsFirst(node))
            PlanRestart(node, node.Answers);
        else if (node.Answers.NeedsReload && node.DifferingFiles.Count == 0)
            Add(
                node.Model, new(PlanStepKind.ReloadServer, name, $"reload the configuration of {name}",
                "its files are newer than what it has read"));
        else if (node.Answers.ShowsOldCertificate && node.DifferingFiles.Count == 0)
            Add(
                node.Model, new(PlanStepKind.ReloadServer, name, $"reload the configuration of {name}",
                "its host has a new certificate, and it still shows the one before"));
    }

    /// <summary>
    /// Over several hosts the primary reads its files before it restarts: what its restart would raise is known only then, and while it
    /// has to wait for that what needs no restart, such as a new certificate, must not.
    /// </summary>
    private bool ReadsFirst(ObservedNode node) => !_model.IsOnOneMachine && node.Model == _seen.Topology.Primary
        && (node.DifferingFiles.Count > 0 || node.Answers is { NeedsReload: true } or { ShowsOldCertificate: true });

    /// <summary>
    /// Where one limit is raised and another lowered the primary waits for the standby, which so must not wait for the primary: it keeps
    /// what it has replayed for this one start (<see cref="Execution.StandbyStartOptions"/>), and lowers it by another.
    /// </summary>
    private bool RaisesFirst(NodeAnswers standby) => _isRaising && RestartOrder.Raised(standby).Count > 0;

    private void PlanRestart(ObservedNode node, NodeAnswers answers)
    {
        if (!_model.IsOnOneMachine && node.Model == _seen.Topology.Primary)
            PlanAwaitLimits(node, RestartOrder.Raised(answers));
        Add(
            node.Model, new(PlanStepKind.RestartServer, node.Model.Name, $"restart {node.Model.Name}",
            $"{string.Join(", ", answers.PendingRestart)} counts only after a restart"));
    }

    /// <summary>
    /// Before the primary raises a limit every standby must be known to have it. Where the plan has steps that lead there the restart
    /// waits for those; else, as for a host that cannot be seen, for as long as it takes.
    /// </summary>
    private void PlanAwaitLimits(ObservedNode primary, List<KeyValuePair<string, long>> raised)
    {
        if (raised.Count == 0)
            return;
        var file = HostOf(primary).ClusterFile;
        var reasons = new List<string>();
        foreach (var node in Unblocked)
        {
            var why = RestartOrder.WhyUnsure(HostOf(node), file)
                ?? (IsBeingRaised(node) ? null : RestartOrder.WhyBelow(node, raised));
            if (why is not null)
                reasons.Add($"{node.Model.Name}: {why}");
        }

        if (reasons.Count == 0)
            return;
        var wanted = string.Join(", ", raised.Select(next => $"{next.Key} = {next.Value}"));
        Add(
            primary.Model, new(PlanStepKind.AwaitLimits, primary.Model.Name,
            $"wait until every standby has {wanted}: one with less than its primary would break", string.Join("; ", reasons)));
    }

    private bool IsBeingRaised(ObservedNode standby) => _steps.Exists(
        step => string.Equals(step.Subject, standby.Model.Name, StringComparison.Ordinal) && _raised.Contains(step.Id));

    private ObservedHost HostOf(ObservedNode node) => _seen.Host(_model.HostOf(node.Model).Name);

    private void PlanReceiver()
    {
        // With one damaged record it still receives; without a repository it cannot.
        if (!_seen.Backup.IsSeen || (IsBackupBlocked && !_seen.Backup.HasRepository))
            return;
        if (!_seen.Backup.IsReceiverRunning)
        {
            AddOnBackup(
                PlanStepKind.StartReceiver, _model.Backup.Name,
                $"start receiving WAL as {_model.Backup.ApplicationName} through slot {_model.Backup.SlotName}",
                "this process does not receive");
        }

        if (!IsStreaming(_model.Backup.ApplicationName, _model.Backup.SlotName))
            AddOnBackup(
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
            if (lost && SlotPlan.IsAsked(_model, node, Primary))
                Add(
                    node.Model, new(PlanStepKind.NoteRebuild, name, $"note that {name} is to be built anew",
                    "its slot is lost, and made anew it looks well"));
            if (node.Staged != StagedCopy.Verified)
                Add(
                    node.Model, new(PlanStepKind.CloneStandby, name, $"copy {Primary.Model.Name} to {name} by a base backup, and verify it",
                    why));
            Add(
                node.Model, new(PlanStepKind.ActivateClone, name, $"put the verified copy in place and {StartText(node.Model)}",
                "the copy is beside the data directory"));
        }
        else if (!_isRaising || node.Answers is null)
        {
            PlanServer(node);
        }

        if (!IsStreaming(node.Model.ApplicationName, node.Model.SlotName) || why is not null)
            Add(
                node.Model, new(PlanStepKind.AwaitStreaming, name, $"wait until {name} streams through slot {node.Model.SlotName}",
                "the primary does not see it stream"));
        if (node.HasReplacedData || (why is null && node.Staged != StagedCopy.None))
            Add(
                node.Model, new(
                    PlanStepKind.RemoveOldData, name, $"remove the data that was replaced on {name}", "its replacement streams"));
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
        if ((!isNew && Primary.Answers is null) || !_seen.Backup.IsSeen || IsBackupBlocked)
            return;
        var backup = ProofNeeds.WhyBackUp(_seen, isNew);
        if (backup is { } need)
            AddOnBackup(PlanStepKind.TakeBackup, _model.Backup.Name, need.Text, need.Reason);
        // A proof is of all nodes, or none: it waits for those that cannot be seen, or cannot follow.
        if (_seen.Standbys.Any(node => node.Data == DataPlace.Unknown || _blocked.Contains(node.Model.Name)))
            return;
        if (ProofNeeds.WhyProve(_seen, isNew, isBackedUpFirst: backup is not null) is { } reason)
            AddOnBackup(PlanStepKind.Prove, "", "prove it: write a row, read it on every standby, restore and read it there", reason);
    }

    private bool IsStreaming(string applicationName, string slotName) => Primary.Answers?.IsFollowedBy(applicationName, slotName) ?? false;

    private static string StartText(NodeModel node) => $"start {node.Name} on {node.Address}:{node.Port}";

    private void AddOnBackup(PlanStepKind kind, string subject, string text, string reason) =>
        Add(_model.BackupMachine, new PlanStep(kind, subject, text, reason));

    private void Add(NodeModel node, PlanStep step) => Add(_model.HostOf(node), step);

    private void Add(HostModel host, PlanStep step) =>
        _steps.Add(step with { Host = host.Name, After = Before(step.Kind, step.Subject, host.Name) });

    /// <summary>What must be done before: on other hosts, and to the same thing on its own.</summary>
    private List<string> Before(PlanStepKind kind, string subject, string host) => kind switch
    {
        PlanStepKind.Prove => Pending(step => !step.IsHeldBack),
        PlanStepKind.TakeBackup => [.. _primarySteps, .. Pending(step => step.Host == host && !step.IsHeldBack)],
        PlanStepKind.StartReceiver or PlanStepKind.CloneStandby => _primarySteps,
        // What was replaced stays until its replacement streams.
        PlanStepKind.RemoveOldData => Pending(step => step.Host == host && string.Equals(step.Subject, subject, StringComparison.Ordinal)),
        PlanStepKind.RestartServer when !_raised.Contains($"{kind}:{subject}") =>
            [.. _raised, .. Pending(step => step.Kind == PlanStepKind.AwaitLimits && step.Subject == subject)],
        _ => Pending(step => step.Host == host && string.Equals(step.Subject, subject, StringComparison.Ordinal) && !step.IsWait),
    };

    private List<string> Pending(Func<PlanStep, bool> which) => [.. _steps.Where(which).Select(step => step.Id)];
}
