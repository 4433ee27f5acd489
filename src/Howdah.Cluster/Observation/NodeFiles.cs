using Howdah.Cluster.Configuration;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>What the files and processes of this machine tell of a node.</summary>
internal sealed class NodeFiles(ClusterModel model, PostgresInstallation installation, TimeProvider time)
{
    private readonly ClusterStateFiles _files = new(model.Paths);

    /// <summary>Neither what it answers nor what it is to have.</summary>
    public ObservedNode Read(NodeModel node)
    {
        var paths = NodePaths.Of(node);
        var server = new PostgresServer(installation, node.DataDirectory, model.Paths.NodeLog(node), time);
        var data = PlaceOf(node.DataDirectory);
        var recovery = data == DataPlace.Initialized
            ? DataDirectoryFiles.FindUnfinishedRecovery(node.DataDirectory, installation.Version)
            : null;
        // Up to 11 one file says either.
        var isStandby = data == DataPlace.Initialized && recovery != RecoveryConf.FileName
            && DataDirectoryFiles.HasStandbyMarker(node.DataDirectory, installation.Version);
        var control = data == DataPlace.Initialized ? DataDirectoryFiles.FindControl(node.DataDirectory) : null;
        var end = control is null ? null : WalEnd.Of(node.DataDirectory, control, isStandby);
        return new ObservedNode(node)
        {
            Data = data,
            OtherMajor = data == DataPlace.Foreign ? DataDirectoryFiles.MajorOf(node.DataDirectory) : null,
            HasStandbyMarker = isStandby,
            UnfinishedRecovery = recovery,
            Timeline = end?.Timeline,
            FileSystem = end?.System,
            ReplayedLimits = StandbyLimits.Replayed(isStandby ? control : null),
            Server = server.ReadStatus(),
            Staged = Presence.OfDirectory(paths.Staged) ? StagedCopy.Verified
                : Presence.OfDirectory(paths.Unfinished) ? StagedCopy.Unfinished
                : StagedCopy.None,
            HasReplacedData = Presence.OfDirectory(paths.Replaced),
            Disk = data == DataPlace.Initialized ? ObservedDisk.Fullest(DataDirectoryFiles.WrittenPlaces(node.DataDirectory)) : null,
            IsRebuildRequested = _files.IsRebuildRequested(node.Name),
            IsGivenUp = _files.IsGivenUp(node.Name),
            IsRemoved = _files.IsRemoved(node.Name),
        };
    }

    private DataPlace PlaceOf(string directory)
    {
        if (DataDirectoryFiles.IsAbsent(directory))
            return DataPlace.Absent;
        return DataDirectoryFiles.MajorOf(directory) == installation.Version.Major ? DataPlace.Initialized : DataPlace.Foreign;
    }
}
