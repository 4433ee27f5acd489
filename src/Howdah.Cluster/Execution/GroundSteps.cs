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
        foreach (var directory in ClusterDirectories.Of(workshop.Model, workshop.Self))
            DirectorySync.Create(directory);
        if (workshop.Files.ReadSlotWalBudget() is not null)
            return;
        workshop.Files.WriteSlotWalBudget(DeriveBudget(workshop));
    }

    /// <summary>From the disk of the first node of this machine, whose directory has to be there.</summary>
    public static ByteSize DeriveBudget(ClusterWorkshop workshop)
    {
        var place = workshop.Self.Nodes is [var first, ..] ? Path.GetDirectoryName(first.DataDirectory)! : workshop.Model.Paths.Root;
        var disk = DiskSpace.Of(place);
        return SlotBudget.Derive(new ByteSize(disk.TotalBytes), new ByteSize(disk.FreeBytes), workshop.Model.IsOnOneMachine);
    }

    /// <summary>On several machines one makes the passwords, and the others are given them when they join.</summary>
    public void CompleteSecrets()
    {
        if (workshop.Model.IsOnOneMachine)
            workshop.Secrets.Complete();
        else
            workshop.Secrets.WritePassFile();
    }

    public void CreateRepository() =>
        BackupRepository.CreateOrOpen(workshop.Model.Backup.RepositoryDirectory, workshop.RepositoryOptions());
}
