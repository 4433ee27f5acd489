using System.CommandLine;
using Howdah.Cli.Rendering;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah down</c> and <c>howdah destroy</c>.</summary>
internal static class DownCommands
{
    public static HowdahCommand Down(CliHost host)
    {
        var command = new HowdahCommand("down", "stop the cluster: the primary first, while its followers take its last WAL")
        {
            Remarks = "Data, WAL and backups stay; howdah up goes on from there.",
            Examples = [new("howdah down", "stop everything on this machine")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model).OnOneMachine(
                    "on each host, the primary's first: systemctl stop howdah-agent, which leaves the server running, then pg_ctl stop -D "
                    + "with its data directory; systemctl start howdah-agent brings it back");
                Privileges.Drop();
                var display = new OperationDisplay(run);
                await parts.Operations(display).DownAsync(cancellation);
                run.Say($"{parts.Model.Name} is down");
                return ExitCode.Success;
            }
        );
    }

    public static HowdahCommand Destroy(CliHost host)
    {
        var yes = new Option<bool>("--yes") { Description = "do not ask" };
        var command = new HowdahCommand("destroy", "stop the cluster and remove it: data, WAL and backups")
        {
            Remarks = "Nothing of it can be had back. Without --yes it asks for the cluster's name.",
            Examples = [new("howdah destroy", "asks first"), new("howdah destroy --yes", "for scripts")],
            OwnExitCodes = [((int)ExitCode.Refused, "the name was not given")],
        };
        command.Options.Add(yes);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var model = run.LoadCluster().Model;
                var parts = new Composition(run, model).OnOneMachine(
                    "on each host: systemctl disable --now howdah-agent, which leaves the server running, stop that with pg_ctl stop -D "
                    + $"and its data directory, then remove {model.Directory} and what the cluster file places elsewhere");
                if (!run.Value(yes))
                    Ask(run, parts);
                Privileges.Drop();
                await parts.Operations(new OperationDisplay(run)).DestroyAsync(cancellation);
                run.Say($"{parts.Model.Name} is gone");
                return ExitCode.Success;
            }
        );
    }

    private static void Ask(Invocation run, Composition parts)
    {
        var model = parts.Model;
        run.Host.Error.WriteLine(
            $"This removes {model.Name}: everything in {model.Directory}, its tablespaces, "
                + $"and all backups in {model.Backup.RepositoryDirectory}."
        );
        if (Confirmation.Ask(run, "Type its name to go on: ") != model.Name)
            throw new OperationException(ErrorCodes.Refused, "that is not its name; nothing was removed", null);
    }
}
