using Howdah.Cluster.Configuration;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Observation;

/// <summary>How we reach the nodes.</summary>
internal static class ClusterConnections
{
    private const string OptionsOfWriters = NodeConnections.Impatient + " -c synchronous_commit=local";

    /// <summary>
    /// The superuser through the node's socket: peer authentication. Our own commits never wait for standbys: they are the ones
    /// that make standbys possible.
    /// </summary>
    /// <param name="model">The cluster.</param>
    /// <param name="node">Of this machine.</param>
    /// <param name="port">That its server has now: another than the model's while a changed one waits for a restart.</param>
    public static SqlDatabase OpenSuperuser(ClusterModel model, NodeModel node, int port) => SqlDatabase.Open(
        ConnectionSettings.ForServer(model.Paths.SocketDirectory(node), port) with
        {
            User = model.Users.Superuser,
            Database = ClusterModel.MaintenanceDatabase,
            SslMode = SslMode.Disable,
            ApplicationName = "howdah",
            ConnectTimeout = NodeConnections.ConnectTimeout,
            Options = OptionsOfWriters,
        });

    /// <summary>The backup's role on any node, through the network: it sees statistics and writes the row that proves the chain.</summary>
    public static SqlDatabase OpenBackup(ClusterModel model, NodeModel node) => SqlDatabase.Open(
        NodeConnections.To(model, model.Users.Backup, node) with
        {
            Database = ClusterModel.MaintenanceDatabase,
            ApplicationName = "howdah",
            Options = OptionsOfWriters,
        });

    /// <summary>The receiver's replication connection, from the backup host's address.</summary>
    public static ConnectionSettings Receiver(ClusterModel model, NodeModel primary) =>
        NodeConnections.To(model, model.Users.Replication, primary) with
        {
            ApplicationName = model.Backup.ApplicationName,
            SourceAddress = NodeConnections.Source(model.Backup.Address),
        };

    /// <summary>A base backup's replication connection, from the backup host's address.</summary>
    public static ConnectionSettings Backup(ClusterModel model, NodeModel primary) =>
        NodeConnections.To(model, model.Users.Backup, primary) with
        {
            ApplicationName = "howdah_backup",
            SourceAddress = NodeConnections.Source(model.Backup.Address),
        };

    /// <summary>The replication connection that a standby is copied through, from that standby's address.</summary>
    public static ConnectionSettings Clone(ClusterModel model, NodeModel standby, NodeModel primary) =>
        NodeConnections.To(model, model.Users.Replication, primary) with
        {
            ApplicationName = "howdah_clone",
            SourceAddress = NodeConnections.Source(standby.Address),
        };
}
