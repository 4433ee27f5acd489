using System.CommandLine;
using Howdah.Cli.Json;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Postgres.Versions;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah render</c>: what will be in place, before anything is.</summary>
internal static class RenderCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var node = new Option<string?>("--node") { Description = "only this node, or the backup host", HelpName = "NAME" };
        var major = new Option<int?>("--postgresql")
        {
            Description = "as if the cluster ran this major version, 11 to 18",
            HelpName = "MAJOR",
        };
        var primary = new Option<string?>("--primary")
        {
            Description = "as if this node were the primary; default: the first",
            HelpName = "NAME",
        };
        var barman = new Option<bool>("--barman") { Description = "print a barman.conf for Barman itself instead" };
        var command = new HowdahCommand("render", "print what will be in place on each node and the backup host, each line with its reason")
        {
            PrintsData = true,
            Remarks = "Nothing is changed or contacted. Passwords are shown as ***.",
            Examples =
            [
                new("howdah render", "everything, host by host: files, slots, roles, grants, directories"),
                new("howdah render --node slave --postgresql 11", "the standby with a recovery.conf"),
                new("howdah render --node backup", "the backup host"),
                new("howdah render --barman > /etc/barman.conf", "for a backup host that runs Barman"),
            ],
        };
        command.Options.Add(node);
        command.Options.Add(major);
        command.Options.Add(primary);
        command.Options.Add(barman);
        return command.Runs(
            host,
            run =>
            {
                var model = run.LoadClusterFile().Model;
                var leader = run.Value(primary) is { } name ? NodeChoice.Find(model, name) : model.InitialPrimary;
                if (run.Value(barman))
                {
                    run.Out.Write(BarmanConfRendering.Render(model, leader));
                    return ExitCode.Success;
                }

                var rendered = WithMajor(model, run.Value(major));
                if (run.Value(node) is not { } only)
                    Print(run, rendered, (model.Nodes, WithBackup: true), leader);
                else if (only == model.Backup.Name && model.FindNode(only) is null)
                    Print(run, rendered, ([], WithBackup: true), leader);
                else
                    Print(run, rendered, ([NodeChoice.Find(model, only)], WithBackup: false), leader);
                return ExitCode.Success;
            }
        );
    }

    private static ClusterModel WithMajor(ClusterModel model, int? major)
    {
        if (major is { } wanted and (< PostgresVersion.OldestMajor or > PostgresVersion.NewestMajor))
        {
            throw new OperationException(
                ErrorCodes.UsageInvalid,
                $"PostgreSQL {wanted} is not supported",
                $"--postgresql takes {PostgresVersion.OldestMajor} to {PostgresVersion.NewestMajor}"
            );
        }

        return major is { } chosen ? model with { PostgresMajor = chosen } : model;
    }

    private static void Print(
        Invocation run, ClusterModel model, (IReadOnlyList<NodeModel> Nodes, bool WithBackup) asked, NodeModel leader)
    {
        var options = new RenderOptions
        {
            Version = PostgresVersion.OfMajor(model.PostgresMajor),
            Primary = leader,
            OsUser = ServerUser.NameOf(run),
        };
        var renderings = asked.Nodes
            .Select(node => NodeRenderer.Render(model, node, node == leader ? NodeRole.Primary : NodeRole.Standby, options))
            .ToList();
        var backup = asked.WithBackup ? BackupHostRendering.Of(model, leader) : null;
        if (run.IsJson)
        {
            JsonOutput.Write(
                run.Out,
                new RenderJson([.. renderings.Select(ToJson)], backup is null ? null : ToJson(backup)),
                CliJson.Default.RenderJson
            );
            return;
        }

        foreach (var rendering in renderings)
            run.Out.Write(RenderingText.Of(rendering));
        if (backup is not null)
            run.Out.Write(RenderingText.Of(backup));
        run.Out.Write(RenderingText.PassFileOf(model));
    }

    private static RenderBackupJson ToJson(BackupHostRendering rendering) =>
        new(
            rendering.Backup.Name,
            rendering.Backup.Address,
            [
                .. rendering.Parts.Select(part => new RenderPartJson(
                    part.Title,
                    [.. part.Lines.Select(line => new RenderLineJson(line.Text, line.Reason!))]
                )),
            ]
        );

    private static RenderNodeJson ToJson(NodeRendering rendering) =>
        new(
            rendering.Node.Name,
            rendering.Role == NodeRole.Primary ? "primary" : "standby",
            [
                .. rendering.Files.Select(file => new RenderFileJson(
                    file.Path,
                    Convert.ToString((int)file.Mode, 8).PadLeft(4, '0'),
                    file.Content
                )),
            ],
            [.. rendering.AbsentFiles.Select(file => file.Path)],
            [.. rendering.Slots.Select(slot => new RenderSlotJson(slot.Name, slot.Owner, slot.Reason))],
            [
                .. rendering.Roles.Select(role => new RenderRoleJson(
                    role.Name,
                    role.Reason,
                    [.. role.Statements.Select(statement => statement.Text)]
                )),
            ]
        );
}
