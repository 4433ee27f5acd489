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

    /// <summary>The receiver's replication connection, from the backup host's address.</summary>
    public static ConnectionSettings Receiver(ClusterModel model, NodeModel primary) =>
        Replication(model, primary, model.Users.Replication, model.Backup.ApplicationName);

    /// <summary>A base backup's replication connection, from the backup host's address.</summary>
    public static ConnectionSettings Backup(ClusterModel model, NodeModel primary) =>
        Replication(model, primary, model.Users.Backup, "howdah_backup");

    private static ConnectionSettings Replication(ClusterModel model, NodeModel primary, string user, string applicationName) =>
        ConnectionSettings.ForServer(primary.Address, primary.Port) with
        {
            User = user,
            PassFile = model.Paths.PassFile,
            ApplicationName = applicationName,
            ConnectTimeout = ConnectTimeout,
            // On one machine there is no wire to listen on; between hosts TLS is taken wherever the server has it.
            SslMode = model.IsOnOneMachine ? SslMode.Disable : SslMode.Prefer,
            SourceAddress = IPAddress.TryParse(model.Backup.Address, out var source) ? source : null,
        };
}
