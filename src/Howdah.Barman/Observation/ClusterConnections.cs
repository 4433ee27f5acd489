using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Barman.Observation;

/// <summary>How the cluster's servers are reached from the backup host: with the roles that have just the rights it takes.</summary>
internal sealed class ClusterConnections(ClusterModel model)
{
    /// <summary>Barman's name for its SQL sessions in <c>pg_stat_activity</c>.</summary>
    public const string ApplicationName = "barman";

    /// <summary>Barman's name for the connection of a base backup (its option streaming_backup_name).</summary>
    public const string BackupApplicationName = "barman_streaming_backup";

    /// <summary>An SQL session of the role for backups and monitoring.</summary>
    public ConnectionSettings Sql(NodeModel node) =>
        As(model.Users.Backup, node) with { Database = ClusterModel.MaintenanceDatabase, Options = NodeConnections.OwnNames };

    /// <summary>A replication connection as the receiver makes one.</summary>
    public ConnectionSettings Streaming(NodeModel node) => As(model.Users.Replication, node);

    /// <summary>A replication connection of the role for backups.</summary>
    public ConnectionSettings Backup(NodeModel node) =>
        As(model.Users.Backup, node) with { ApplicationName = BackupApplicationName };

    private ConnectionSettings As(string user, NodeModel node) => NodeConnections.To(model, user, node) with
    {
        ApplicationName = ApplicationName,
        SourceAddress = model.IsOnOneMachine ? NodeConnections.Source(model.Backup.Address) : null,
    };
}
