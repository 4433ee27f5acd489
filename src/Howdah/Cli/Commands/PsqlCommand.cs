using System.CommandLine;
using System.Globalization;
using Howdah.Cli.Native;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah psql [NODE] [ARGS…]</c>.</summary>
internal static class PsqlCommand
{
    public const string Name = "psql";

    public static HowdahCommand Create(CliHost host)
    {
        var arguments = new Argument<string[]>("ARGS")
        {
            HelpName = "[NODE] ARGS",
            Description = "a node's name, then whatever psql takes; without a node, the primary",
            Arity = ArgumentArity.ZeroOrMore,
            CaptureRemainingTokens = true,
        };
        var command = new HowdahCommand(Name, "open psql on the primary, or on a node, as the superuser through its socket")
        {
            Remarks =
                "After the node all is psql's own (a database is named with -d); options of howdah go before it. psql becomes this\n"
                + "process: its exit code and signals are its own. As root it runs as the user of the servers. On several machines a node\n"
                + "of another host is reached over TLS, as the role of backups, which may read statistics and little else.",
            Examples =
            [
                new("howdah psql", "a session on the primary"),
                new("howdah psql slave -c 'select pg_is_in_recovery()'", "one query on the standby"),
                new("howdah psql -d shop -f schema.sql", "a script on the primary"),
            ],
        };
        command.Arguments.Add(arguments);
        return command.Runs(
            host,
            run =>
            {
                var model = run.LoadCluster().Model;
                var given = run.Value(arguments) ?? [];
                var node = given.Length > 0 && !given[0].StartsWith('-') ? NodeChoice.Find(model, given[0]) : null;
                var rest = node is null ? given : given[1..];
                var program = PsqlPrograms(model, host.Environment).FirstOrDefault(File.Exists) ?? throw NotInstalled(model);
                Privileges.Drop();
                // On several machines a primary of this one is nearer than the way over the network, and shows more.
                node ??= model.IsOnOneMachine ? null : NodeConnections.FindPrimaryHere(model);
                RequireServer(model, node);
                throw ProcessReplacement.Become(program, rest, EnvironmentFor(model, node));
            }
        );
    }

    /// <summary>In an environment, unlike in arguments, what the user says after it counts more.</summary>
    private static Dictionary<string, string> EnvironmentFor(ClusterModel model, NodeModel? node)
    {
        IReadOnlyList<NodeModel> nodes = node is null ? model.Nodes : [node];
        var sockets = nodes.All(NodeConnections.Here(model).Contains);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PGHOST"] = string.Join(',', nodes.Select(known => sockets ? model.Paths.SocketDirectory(known) : known.Address)),
            ["PGPORT"] = string.Join(',', nodes.Select(known => known.Port.ToString(CultureInfo.InvariantCulture))),
            ["PGUSER"] = sockets ? model.Users.Superuser : model.Users.Backup,
            ["PGDATABASE"] = ClusterModel.MaintenanceDatabase,
            ["PGPASSFILE"] = model.Paths.PassFile,
        };
        if (!sockets)
        {
            environment["PGSSLMODE"] = "verify-full";
            environment["PGSSLROOTCERT"] = model.Paths.Trust.CaCertificate;
        }

        // read-write: every psql knows it, while primary is known from 14 on.
        if (nodes.Count > 1)
            environment["PGTARGETSESSIONATTRS"] = "read-write";
        return environment;
    }

    /// <summary>Without one, psql would complain of a socket that the user has never heard of.</summary>
    private static void RequireServer(ClusterModel model, NodeModel? node)
    {
        IReadOnlyList<NodeModel> nodes = node is null ? model.Nodes : [node];
        var sockets = nodes.Select(known => Path.Combine(model.Paths.SocketDirectory(known), $".s.PGSQL.{known.Port}"));
        if (!model.IsOnOneMachine || sockets.Any(File.Exists))
            return;
        throw new OperationException(
            ErrorCodes.ServerUnreachable,
            node is null ? $"no server of {model.Name} runs" : $"the server of {node.Name} does not run",
            "start it: howdah up --detach; howdah status tells more");
    }

    private static IEnumerable<string> PsqlPrograms(ClusterModel model, Func<string, string?> environment)
    {
        List<string> directories = model.BinDirectory is { } own ? [own] : [];
        directories.Add($"/usr/lib/postgresql/{model.PostgresMajor}/bin");
        directories.Add($"/usr/pgsql-{model.PostgresMajor}/bin");
        directories.AddRange((environment("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Where(Path.IsPathRooted));
        return directories.Select(directory => Path.Combine(directory, Name));
    }

    private static OperationException NotInstalled(ClusterModel model) =>
        new(
            ErrorCodes.InstallationNotFound,
            "psql is not installed: it is neither beside the server's programs nor in PATH",
            $"install postgresql-client-{model.PostgresMajor}, or use howdah uri with another client"
        );
}
