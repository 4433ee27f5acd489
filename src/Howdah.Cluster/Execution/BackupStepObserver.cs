using Howdah.Cluster.Planning;
using Howdah.Operations.Backup;

namespace Howdah.Cluster.Execution;

/// <summary>Shows a base backup's progress as a step's.</summary>
internal sealed class BackupStepObserver(ClusterWorkshop workshop, PlanStep step) : IBackupObserver
{
    public void Report(BackupProgress progress) =>
        workshop.Observer.StepProgressed(
            step,
            new StepProgress(progress.BytesDone, progress.EstimatedTotal, "bytes")
            {
                Doing = progress.Phase == BackupPhase.Receiving ? null : BackupPhaseText.Of(progress.Phase),
            });
}
