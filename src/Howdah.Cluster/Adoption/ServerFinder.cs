using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Server;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Adoption;

/// <summary>Looks for the servers of this machine's nodes by their data directories. Changes nothing.</summary>
internal sealed class ServerFinder(ClusterWorkshop workshop)
{
    /// <summary>Everything of every node, also where one of them cannot be looked at.</summary>
    public async Task<FoundHost> FindAsync(CancellationToken cancellationToken)
    {
        var servers = new List<FoundServer>();
        var problems = new List<AdoptionProblem>();
        var absent = new List<NodeModel>();
        var deferred = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var node in workshop.Self.Nodes)
        {
            try
            {
                if (DataDirectoryFiles.IsAbsent(node.DataDirectory))
                    absent.Add(node);
                else if (FindProcess(node, problems) is { } postmaster)
                {
                    servers.Add(await AskAsync(node, postmaster, cancellationToken));
                    if (workshop.Files.ReadAdopted(node.Name) is { } adopted && adopted.Is(postmaster))
                        deferred[node.Name] = adopted.Deferred;
                }
            }
            catch (OperationException failure)
            {
                problems.Add(new(node.Name, failure.Message, failure.Hint ?? "see the server's log"));
            }
        }

        return new FoundHost { Servers = servers, Problems = problems, Absent = absent, Deferred = deferred };
    }

    /// <summary>A session of the superuser through the socket that the server has now, wherever that is.</summary>
    public SqlDatabase Open(NodeModel node, PostmasterFile postmaster) => SqlDatabase.Open(
        ConnectionSettings.ForServer(postmaster.SocketDirectory!, node.Port) with
        {
            User = workshop.Model.Users.Superuser,
            Database = ClusterModel.MaintenanceDatabase,
            SslMode = SslMode.Disable,
            ApplicationName = "howdah",
            ConnectTimeout = NodeConnections.ConnectTimeout,
            Options = NodeConnections.Impatient,
        });

    /// <summary>The server's process; null, with why, where it is not the one that the cluster file describes.</summary>
    private PostmasterFile? FindProcess(NodeModel node, List<AdoptionProblem> problems)
    {
        var count = problems.Count;
        var major = DataDirectoryFiles.MajorOf(node.DataDirectory);
        var wanted = workshop.Model.PostgresMajor;
        if (major is null)
            Add($"{node.DataDirectory} is no data directory of PostgreSQL: it has no PG_VERSION", "correct data_directory in [[nodes]]");
        else if (major != wanted)
            Add(
                $"{node.DataDirectory} is of PostgreSQL {major}, and the cluster file says {wanted}",
                $"set postgresql = {major} in the cluster file: data is not upgraded here");
        var status = workshop.Server(node).ReadStatus();
        if (major is not null && status is not { AcceptsConnections: true, Postmaster: not null })
            Add(
                $"the server in {node.DataDirectory} does not accept connections (it is {status.State.ToString().ToLowerInvariant()})",
                "start it as you did so far; what runs is adopted, as it runs");
        if (status.Postmaster is { Port: { } port } && port != node.Port)
            Add($"the server in {node.DataDirectory} listens on port {port}, and the cluster file says {node.Port}", $"set port = {port}");
        if (status.Postmaster is { SocketDirectory: null })
            Add(
                $"the server in {node.DataDirectory} has no Unix socket",
                "set unix_socket_directories to a directory, and restart it");
        return problems.Count == count ? status.Postmaster : null;

        void Add(string message, string hint) => problems.Add(new(node.Name, message, hint));
    }

    private async Task<FoundServer> AskAsync(NodeModel node, PostmasterFile postmaster, CancellationToken cancellationToken)
    {
        await using var database = Open(node, postmaster);
        try
        {
            var found = await new ServerQueries(database).AskAsync(node, postmaster, cancellationToken);
            var socket = Path.Combine(workshop.Model.Paths.SocketDirectory(node), $".s.PGSQL.{node.Port}");
            var links = found.Files.Links.Concat(FoundFilesReader.LinksAt(socket));
            return found with
            {
                Files = found.Files with { Links = links.ToDictionary(link => link.Key, link => link.Value, StringComparer.Ordinal) },
            };
        }
        catch (OperationException failure) when (IsRefusal(failure))
        {
            var superuser = workshop.Model.Users.Superuser;
            var map = workshop.Environment.OsUser == superuser ? "" : $" (peer with a map from {workshop.Environment.OsUser})";
            throw new OperationException(
                failure.Code,
                $"{superuser} cannot log in through the socket in {postmaster.SocketDirectory} as {workshop.Environment.OsUser}: "
                + failure.Message,
                $"make \"local all {superuser} peer\"{map} the first line of its pg_hba.conf, and reload it: Howdah has that line, too; "
                + "and name the superuser in [users] if it has another name",
                failure);
        }
    }

    /// <summary>The server refused us, or asked for a password, and we have none for it.</summary>
    private static bool IsRefusal(OperationException failure) =>
        failure.Code == ErrorCodes.AuthenticationFailed
        || failure.Message.Contains("No password has been provided", StringComparison.Ordinal);
}
