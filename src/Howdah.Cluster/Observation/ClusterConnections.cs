using System.Net;
using Howdah.Cluster.Configuration;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Observation;

/// <summary>How we reach the nodes.</summary>
internal static class ClusterConnections
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The superuser through the node's socket: peer authentication. Our own commits never wait for standbys: they are the ones
    /// that make standbys possible.
    /// </summary>
    public static SqlDatabase OpenSuperuser(ClusterModel model, NodeModel node) => SqlDatabase.Open(
        ConnectionSettings.ForServer(model.Paths.SocketDirectory(node), node.Port) with
        {
            User = model.Users.Superuser,
            Database = ClusterModel.MaintenanceDatabase,
            SslMode = SslMode.Disable,
            ApplicationName = "howdah",
            ConnectTimeout = ConnectTimeout,
            Options = "-c synchronous_commit=local -c statement_timeout=30s -c lock_timeout=10s",
        });

    /// <summary>The backup's role on any node, through the network: it sees statistics and writes the row that proves the chain.</summary>
    public static SqlDatabase OpenBackup(ClusterModel model, NodeModel node) => SqlDatabase.Open(
        ToNode(model, node, model.Users.Backup) with
        {
            Database = ClusterModel.MaintenanceDatabase,
            ApplicationName = "howdah",
            Options = "-c synchronous_commit=local -c statement_timeout=30s -c lock_timeout=10s",
        });

    /// <summary>The receiver's replication connection, from the backup host's address.</summary>
    public static ConnectionSettings Receiver(ClusterModel model, NodeModel primary) =>
        ToNode(model, primary, model.Users.Replication) with
        {
            ApplicationName = model.Backup.ApplicationName,
            SourceAddress = Source(model.Backup.Address),
        };

    /// <summary>A base backup's replication connection, from the backup host's address.</summary>
    public static ConnectionSettings Backup(ClusterModel model, NodeModel primary) =>
        ToNode(model, primary, model.Users.Backup) with
        {
            ApplicationName = "howdah_backup",
            SourceAddress = Source(model.Backup.Address),
        };

    /// <summary>The replication connection that a standby is copied through, from that standby's address.</summary>
    public static ConnectionSettings Clone(ClusterModel model, NodeModel standby, NodeModel primary) =>
        ToNode(model, primary, model.Users.Replication) with
        {
            ApplicationName = "howdah_clone",
            SourceAddress = Source(standby.Address),
        };

    /// <summary>On one machine there is no wire to listen on; between hosts the server must show a certificate of the cluster.</summary>
    private static ConnectionSettings ToNode(ClusterModel model, NodeModel node, string user) =>
        ConnectionSettings.ForServer(node.Address, node.Port) with
        {
            User = user,
            PassFile = model.Paths.PassFile,
            ConnectTimeout = ConnectTimeout,
            SslMode = model.IsOnOneMachine ? SslMode.Disable : SslMode.VerifyFull,
            SslRootCert = model.IsOnOneMachine ? null : model.Paths.Trust.CaCertificate,
        };

    private static IPAddress? Source(string address) => IPAddress.TryParse(address, out var source) ? source : null;
}
