using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Operations.Backup;
using Howdah.Repository;
using Howdah.Repository.Wal;

namespace Howdah.Cluster.Execution;

/// <summary>What all base backups of a cluster have in common, whoever asks for one.</summary>
public sealed class ClusterBackups(ClusterModel model, TimeProvider time)
{
    /// <summary>A backup by the cluster file, which the caller may change with what was asked for.</summary>
    /// <param name="node">The node that it is taken from.</param>
    /// <param name="repository">Where it goes.</param>
    /// <param name="store">The WAL of the node's system there.</param>
    public BackupRequest Request(NodeModel node, BackupRepository repository, WalStore store) => new()
    {
        Connection = ClusterConnections.Backup(model, node),
        Snapshots = repository.Snapshots,
        Wal = LedgerWalArrival.FromReceiver(store, time),
        Lineage = store.LineageId,
        System = store.System,
        Database = ClusterModel.MaintenanceDatabase,
        Cluster = model.Name,
        Source = node.Name,
        RateLimit = model.Backup.RateLimit,
    };
}
