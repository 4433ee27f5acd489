using System.Net;
using Howdah.Cluster.Configuration;
using Howdah.Postgres.ConnectionStrings;

namespace Howdah.Barman.Observation;

/// <summary>How the cluster's servers are reached from the backup host: with the roles that have just the rights it takes.</summary>
internal sealed class ClusterConnections(ClusterModel model)
{
    /// <summary>Barman's name for its SQL sessions in <c>pg_stat_activity</c>.</summary>
    public const string ApplicationName = "barman";

    /// <summary>Barman's name for the connection of a base backup (its option streaming_backup_name).</summary>
    public const string BackupApplicationName = "barman_streaming_backup";

    // A server that does not answer within this is reported as unreachable: check must end within seconds.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>An SQL session of the role for backups and monitoring.</summary>
    public ConnectionSettings Sql(NodeModel node) =>
        To(node) with { User = model.Users.Backup, Database = ClusterModel.MaintenanceDatabase };

    /// <summary>A replication connection as the receiver makes one.</summary>
    public ConnectionSettings Streaming(NodeModel node) => To(node) with { User = model.Users.Replication };

    /// <summary>A replication connection of the role for backups.</summary>
    public ConnectionSettings Backup(NodeModel node) =>
        To(node) with { User = model.Users.Backup, ApplicationName = BackupApplicationName };

    private ConnectionSettings To(NodeModel node) => ConnectionSettings.ForServer(node.Address, node.Port) with
    {
        PassFile = model.Paths.PassFile,
        ApplicationName = ApplicationName,
        ConnectTimeout = ConnectTimeout,
        SourceAddress = model.IsOnOneMachine && IPAddress.TryParse(model.Backup.Address, out var own) ? own : null,
    };
}
