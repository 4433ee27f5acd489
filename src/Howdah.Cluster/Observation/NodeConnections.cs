using System.Net;
using Howdah.Cluster.Configuration;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Versions;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>How the cluster's servers are reached over the network: the one place that says how far the other side is checked.</summary>
public static class NodeConnections
{
    /// <summary>
    /// Of every SQL session of ours: what our statements name is the system's own. Before 15 everybody may make functions and operators in
    /// the schema public, and one that fits better than the system's would run with our rights (CVE-2018-1058).
    /// </summary>
    public const string OwnNames = "-c search_path=pg_catalog";

    /// <summary>Of the sessions of what runs by itself, too: nothing waits for ever.</summary>
    internal const string Impatient = OwnNames + " -c statement_timeout=30s -c lock_timeout=10s";

    /// <summary>A server that does not answer within this cannot be reached.</summary>
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A connection of <paramref name="user"/>, with the cluster's passwords, to the first of the nodes that is fit.</summary>
    public static ConnectionSettings To(ClusterModel model, string user, params IReadOnlyList<NodeModel> nodes) => new()
    {
        Servers = [.. nodes.Select(node => new ServerAddress(node.Address, node.Port))],
        User = user,
        PassFile = model.Paths.PassFile,
        ConnectTimeout = ConnectTimeout,
        // On one machine there is no wire to listen on; between hosts the server must show a certificate of the cluster.
        SslMode = model.IsOnOneMachine ? SslMode.Disable : SslMode.VerifyFull,
        SslRootCert = model.IsOnOneMachine ? null : model.Paths.Trust.CaCertificate,
        // While a server is down, any user of the machine may answer at its address.
        RequiresScram = true,
    };

    /// <summary>The nodes of this machine whose sockets are here; on one machine all.</summary>
    public static IReadOnlyList<NodeModel> Here(ClusterModel model) =>
        [.. model.Nodes.Where(node => model.IsOnOneMachine || Presence.OfDirectory(model.Paths.SocketDirectory(node)))];

    /// <summary>The node of this machine that takes writes, by what is in its data directory; null where there is none.</summary>
    public static NodeModel? FindPrimaryHere(ClusterModel model) => Here(model).FirstOrDefault(
        node => DataDirectoryFiles.MajorOf(node.DataDirectory) == model.PostgresMajor
            && !DataDirectoryFiles.HasStandbyMarker(node.DataDirectory, PostgresVersion.OfMajor(model.PostgresMajor)));

    /// <summary>The address to connect from; null where the cluster file has a name, which several addresses may stand behind.</summary>
    public static IPAddress? Source(string address) => IPAddress.TryParse(address, out var source) ? source : null;
}
