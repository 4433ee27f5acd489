using System.CommandLine;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah apply</c>: a changed cluster file for all hosts.</summary>
internal static class ApplyCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var file = new Argument<string>("FILE") { Description = "the changed cluster file" };
        var yes = new Option<bool>("--yes") { Description = "do not ask" };
        var command = new HowdahCommand("apply", "give a changed cluster file to all hosts of the cluster")
        {
            Remarks =
                "Shows the steps that the hosts will take, and asks. A host that cannot be reached gets the file from the others once it\n"
                + "is back.",
            Examples = [new("howdah apply /etc/howdah/howdah.toml", "after editing it")],
            OwnExitCodes = [((int)ExitCode.Refused, "the answer was not yes, or no host took the file")],
        };
        command.Arguments.Add(file);
        command.Options.Add(yes);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var applied = run.LoadCluster().Model;
                var path = Path.GetFullPath(run.Value(file)!, host.WorkingDirectory);
                var changed = Read(path, applied);
                Privileges.Drop();
                await RequireSuccessorAsync(run, applied, changed, cancellation);
                await ShowAsync(run, changed, cancellation);
                if (!run.Value(yes) && Confirmation.Ask(run, $"Apply it to {applied.Name}? [y/N] ") is not ("y" or "Y"))
                    throw new OperationException(ErrorCodes.Refused, "nothing was applied", null);
                return await SendAsync(run, applied, changed.Source, cancellation);
            }
        );
    }

    private static ClusterModel Read(string path, ClusterModel applied)
    {
        var text = ClusterFile.Read(path).Text;
        // Its directory follows from where the cluster is, not from where the file lies.
        var result = ClusterConfigReader.Read(text, path, ConfigDefaults.ForFile(applied.Paths.ClusterFile));
        if (result.Model is not { } changed)
            throw new ClusterFileException(path, result.Problems);
        return changed.Name == applied.Name && changed.Directory == applied.Directory
            ? changed
            : throw new OperationException(
                ErrorCodes.Refused,
                $"{path} describes {changed.Name} in {changed.Directory}, and the cluster here is {applied.Name} in {applied.Directory}",
                "a cluster keeps its name and its directory"
            );
    }

    /// <summary>A server that no cluster file names is one that nobody watches, stops or removes; and data keeps its version.</summary>
    private static async Task RequireSuccessorAsync(
        Invocation run, ClusterModel applied, ClusterModel changed, CancellationToken cancellationToken)
    {
        var keepsVersion = changed.PostgresMajor == applied.PostgresMajor;
        var left = applied.Nodes.Where(node => !keepsVersion || !IsKept(node, changed)).ToList();
        if (left.Count == 0)
            return;
        var operations = await new Composition(run, applied).OperationsWithPeersAsync(SilentObserver.Instance, cancellationToken);
        var status = await operations.StatusAsync(cancellationToken);
        foreach (var node in left)
        {
            var state = status.Nodes.First(known => known.Name == node.Name).State;
            if (state == ServerState.Unknown)
                run.Say($"the host of {node.Name} cannot be seen, so whether data is left behind there is not known");
            else if (state != ServerState.NotInitialized)
                throw keepsVersion
                    ? new OperationException(
                        ErrorCodes.Refused,
                        $"the changed file does not name node {node.Name} in {node.DataDirectory} any more, and it has data",
                        $"leave it in and run: howdah standby remove {node.Name}; then take it out")
                    : new OperationException(
                        ErrorCodes.Refused,
                        $"the changed file says PostgreSQL {changed.PostgresMajor}, the data of {node.Name} is of {applied.PostgresMajor}",
                        $"set postgresql = {applied.PostgresMajor}: data is not upgraded here");
        }
    }

    private static bool IsKept(NodeModel node, ClusterModel changed) =>
        changed.FindNode(node.Name) is { } kept && kept.DataDirectory == node.DataDirectory && kept.Address == node.Address;

    private static async Task ShowAsync(Invocation run, ClusterModel changed, CancellationToken cancellationToken)
    {
        var operations = await new Composition(run, changed).OperationsWithPeersAsync(SilentObserver.Instance, cancellationToken);
        var plan = await operations.PlanAsync(cancellationToken);
        if (plan.IsEmpty)
            run.Say("nothing will be done on this host's own sight; the others compare their files themselves");
        foreach (var step in plan.Steps)
            run.Say($"  {step.Host}: {step.Text} ({step.Reason})");
        foreach (var obstacle in plan.Obstacles)
            run.Say($"  in the way: {obstacle.Subject}: {obstacle.Message}");
    }

    private static async Task<ExitCode> SendAsync(
        Invocation run, ClusterModel applied, string text, CancellationToken cancellationToken)
    {
        // With what else goes along with a revision: who gets this one will not ask for those before.
        var current = new Membership(applied.Paths, run.Host.Time).Current();
        await new ClusterFileDelivery(run, applied).SendAsync(
            current with { Revision = current.Revision + 1, Text = text }, applied.Hosts, cancellationToken);
        return ExitCode.Success;
    }
}
