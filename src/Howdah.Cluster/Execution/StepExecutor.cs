using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Execution;

/// <summary>Carries out one step of a plan. Each is safe to carry out again, and safe to be killed in.</summary>
internal sealed class StepExecutor(ClusterWorkshop workshop)
{
    private readonly GroundSteps _ground = new(workshop);
    private readonly ServerSteps _servers = new(workshop);
    private readonly DatabaseSteps _databases = new(workshop);
    private readonly StandbySteps _standbys = new(workshop);
    private readonly BackupSteps _backups = new(workshop);

    public Task ExecuteAsync(PlanStep step, ObservedCluster seen, CancellationToken cancellationToken) => step.Kind switch
    {
        PlanStepKind.PrepareDirectories => RunAsync(_ground.PrepareDirectories),
        PlanStepKind.CreateSecrets => RunAsync(_ground.CompleteSecrets),
        PlanStepKind.CreateRepository => RunAsync(_ground.CreateRepository),
        PlanStepKind.InitializePrimary => _servers.InitializeAsync(Node(step), cancellationToken),
        PlanStepKind.WriteConfiguration => RunAsync(() => _servers.WriteConfiguration(seen.Node(Node(step)))),
        PlanStepKind.StartServer => _servers.StartAsync(Node(step), seen, cancellationToken),
        PlanStepKind.ReloadServer => _servers.ReloadAsync(seen.Node(Node(step)), cancellationToken),
        PlanStepKind.RestartServer => _servers.RestartAsync(Node(step), seen, cancellationToken),
        PlanStepKind.CreateRole => _databases.CreateRoleAsync(step.Subject, seen, cancellationToken),
        PlanStepKind.CreateSlot => _databases.CreateSlotAsync(step.Subject, seen, cancellationToken),
        PlanStepKind.DropSlot => _databases.DropSlotAsync(step.Subject, seen, cancellationToken),
        PlanStepKind.StartReceiver => RunAsync(() => workshop.Receiver.Start(seen)),
        PlanStepKind.AwaitReceiver => _standbys.AwaitReceiverAsync(seen, cancellationToken),
        PlanStepKind.StopSharing => _servers.StopSharingAsync(seen.Node(Node(step)), cancellationToken),
        PlanStepKind.NoteRebuild => RunAsync(() => workshop.Files.RequestRebuild(step.Subject)),
        PlanStepKind.CloneStandby => _standbys.CloneAsync(step, seen, cancellationToken),
        PlanStepKind.ActivateClone => _standbys.ActivateAsync(Node(step), seen, cancellationToken),
        PlanStepKind.AwaitStreaming => _standbys.AwaitStreamingAsync(Node(step), seen, cancellationToken),
        PlanStepKind.AwaitReplay => _standbys.AwaitReplayAsync(Node(step), cancellationToken),
        PlanStepKind.RemoveOldData => RunAsync(() => StandbySteps.RemoveOldData(seen.Node(Node(step)))),
        PlanStepKind.TakeBackup => _backups.TakeAsync(step, seen, cancellationToken),
        PlanStepKind.Prove => _backups.ProveAsync(step, seen, cancellationToken),
        _ => throw new InvariantViolationException($"no such step: {step.Kind}"),
    };

    private static Task RunAsync(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private NodeModel Node(PlanStep step)
    {
        var node = workshop.Model.FindNode(step.Subject);
        Invariant.Check(node is not null);
        return node;
    }
}
