using System.CommandLine;
using Howdah.Cli.Rendering;
using Howdah.Cluster;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah down</c> and <c>howdah destroy</c>.</summary>
internal static class DownCommands
{
    private const string NotOurs = "nothing there shows that this cluster has made or adopted it";

    public static HowdahCommand Down(CliHost host)
    {
        var command = new HowdahCommand("down", "stop the cluster: the primary first, while its followers take its last WAL")
        {
            Remarks =
                "Data, WAL and backups stay; howdah up goes on from there. Of a cluster on several machines it stops what is on this one:\n"
                + "its agent and its servers, until an agent is started again.",
            Examples = [new("howdah down", "stop everything on this machine")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                Privileges.Drop();
                using var display = new OperationDisplay(run);
                var operations = parts.OperationsHere(display);
                await operations.DownAsync(cancellation);
                run.Say(
                    operations.Environment.Host is { } self
                        ? $"{operations.Model.Name} is down on {self}; systemctl start howdah-agent brings it back"
                        : $"{operations.Model.Name} is down");
                return ExitCode.Success;
            }
        );
    }

    public static HowdahCommand Destroy(CliHost host)
    {
        var yes = new Option<bool>("--yes") { Description = "do not ask" };
        var command = new HowdahCommand("destroy", "stop the cluster and remove it: data, WAL and backups")
        {
            Remarks =
                "Nothing of it can be had back. Without --yes it asks for the cluster's name. What the cluster has neither made\n"
                + "nor adopted stays, though the cluster file may name it: its server is not stopped, either.",
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
                    "on each host, the primary's first: systemctl disable howdah-agent, howdah down, then remove "
                    + $"{model.Directory} and what the cluster file places elsewhere");
                Privileges.Drop();
                using var display = new OperationDisplay(run);
                var operations = parts.Operations(display);
                if (!run.Value(yes))
                    Ask(run, operations);
                var scope = await operations.DestroyAsync(cancellation);
                run.Say($"{parts.Model.Name} is gone");
                foreach (var left in scope.Left)
                    run.Say($"{left} was left alone: {NotOurs}");
                return ExitCode.Success;
            }
        );
    }

    private static void Ask(Invocation run, ClusterOperations operations)
    {
        var model = operations.Model;
        var scope = operations.FindDestructionScope();
        run.Host.Error.WriteLine($"This removes {model.Name}: its data, WAL and backups in {model.Directory}, and outside of it:");
        foreach (var place in scope.Removed.DefaultIfEmpty("nothing"))
            run.Host.Error.WriteLine($"  {place}");
        foreach (var left in scope.Left)
            run.Host.Error.WriteLine($"{left} is left alone: {NotOurs}.");
        if (Confirmation.Ask(run, "Type its name to go on: ") != model.Name)
            throw new OperationException(ErrorCodes.Refused, "that is not its name; nothing was removed", null);
    }
}
