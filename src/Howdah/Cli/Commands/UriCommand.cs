using System.CommandLine;
using Howdah.Cli.Json;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Versions;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah uri [NODE]</c>.</summary>
internal static class UriCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var node = new Argument<string?>("NODE")
        {
            Description = "a node; without it, the URI leads to whichever is the primary",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var user = new Option<string?>("--user") { Description = "put this user into the URI", HelpName = "NAME" };
        var database = new Option<string>("--database")
        {
            Description = "the database",
            HelpName = "NAME",
            DefaultValueFactory = _ => ClusterModel.MaintenanceDatabase,
        };
        var command = new HowdahCommand("uri", "print a libpq URI of the cluster, or of one node")
        {
            PrintsData = true,
            Remarks =
                "Without NODE it names all nodes and asks for the one that takes writes, so that it goes on working when another\n"
                + "node is promoted. It holds no password. Who may connect says [hba] of the cluster file.",
            Examples =
            [
                new("howdah uri", "postgresql://127.0.10.2:5432,127.0.10.3:5432/postgres?target_session_attrs=primary"),
                new("psql \"$(howdah uri slave --user app --database shop)\"", "read from the standby"),
            ],
        };
        command.Arguments.Add(node);
        command.Options.Add(user);
        command.Options.Add(database);
        return command.Runs(
            host,
            run =>
            {
                var model = run.LoadCluster().Model;
                var uri = Of(
                    model,
                    run.Value(node) is { } name ? NodeChoice.Find(model, name) : null,
                    run.Value(user),
                    run.Value(database)
                );
                if (run.IsJson)
                    JsonOutput.Write(run.Out, new UriJson(uri), CliJson.Default.UriJson);
                else
                    run.Out.WriteLine(uri);
                return ExitCode.Success;
            }
        );
    }

    /// <summary>The URI of a node, or with no node that of the primary, whichever it is.</summary>
    public static string Of(ClusterModel model, NodeModel? node, string? user, string? database)
    {
        IReadOnlyList<NodeModel> nodes = node is null ? model.Nodes : [node];
        var settings = new ConnectionSettings
        {
            Servers = [.. nodes.Select(known => new ServerAddress(known.Address, known.Port))],
            User = user,
            Database = database,
            TargetSessionAttributes = node is not null || nodes.Count == 1 ? TargetSessionAttributes.Any : AsksForPrimary(model),
        };
        return settings.ToUri(PostgresVersion.OfMajor(model.PostgresMajor));
    }

    /// <summary>libpq knows <c>primary</c> from 14 on; before, <c>read-write</c> means the same here.</summary>
    private static TargetSessionAttributes AsksForPrimary(ClusterModel model) =>
        PostgresVersion.OfMajor(model.PostgresMajor).Facts.ReportsHotStandby
            ? TargetSessionAttributes.Primary
            : TargetSessionAttributes.ReadWrite;
}
