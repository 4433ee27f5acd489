using Howdah.Cluster.Observation;
using Howdah.Cluster.Rendering;
using Howdah.Core.Units;
using Howdah.Repository;
using Howdah.Storage;

namespace Howdah.Cluster.Execution;

/// <summary>What is there before any server is.</summary>
internal sealed class GroundSteps(ClusterWorkshop workshop)
{
    public void PrepareDirectories()
    {
        foreach (var directory in ClusterDirectories.Of(workshop.Model))
            DirectorySync.Create(directory);
        if (workshop.Files.ReadSlotWalBudget() is not null)
            return;
        var disk = DiskSpace.Of(Path.GetDirectoryName(workshop.Model.InitialPrimary.DataDirectory)!);
        workshop.Files.WriteSlotWalBudget(
            SlotBudget.Derive(new ByteSize(disk.TotalBytes), new ByteSize(disk.FreeBytes), workshop.Model.IsOnOneMachine));
    }

    public void CreateRepository() =>
        BackupRepository.CreateOrOpen(workshop.Model.Backup.RepositoryDirectory, workshop.RepositoryOptions());
}
