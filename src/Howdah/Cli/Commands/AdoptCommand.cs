using System.CommandLine;
using Howdah.Cli.Rendering;
using Howdah.Cluster.Adoption;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah adopt</c>: servers that run already and that somebody else set up.</summary>
internal static class AdoptCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var yes = new Option<bool>("--yes") { Description = "do not ask" };
        var leaveOut = new Option<bool>("--leave-out-refused")
        {
            Description = "leave out lines of pg_hba.conf that a cluster file may not have, such as trust: they let nobody in any more",
        };
        var name = LocalHost.NameOption();
        var command = new HowdahCommand("adopt", "take over servers that run already and that somebody else set up")
        {
            Remarks =
                "The cluster file names them by data_directory and port. Shows what is kept of their settings, pg_hba.conf and slots and\n"
                + "what is changed, and asks. Then what is kept goes into the cluster file (the former one stays as *.before-adopt),\n"
                + "and the servers' files are made ready for it (the former ones stay as *.before-howdah). No server is restarted, no\n"
                + "session ends, no data and no slot is touched. howdah up, or howdah init and the agents, go on from there. It may be\n"
                + "run again at any time, also after it was interrupted. On several machines: on each,\n"
                + "before init and join, on the primary's first.",
            Examples = [new("howdah adopt", "on the machine where the servers run")],
            OwnExitCodes =
            [
                ((int)ExitCode.Refused, "the answer was not yes, or the cluster file does not fit what runs; nothing was changed"),
            ],
        };
        command.Options.Add(yes);
        command.Options.Add(leaveOut);
        command.Options.Add(name);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var cluster = run.LoadClusterFile();
                var environment = new Composition(run, cluster.Model).Operations(SilentObserver.Instance).Environment;
                if (!cluster.Model.IsOnOneMachine)
                    environment = environment with { Host = LocalHost.Find(cluster.Model, run.Value(name)).Name };
                Privileges.DropFor(host, cluster.Model);
                var adoption = new ClusterAdoption(cluster.Model, environment);
                var plan = await adoption.PlanAsync(
                    new AdoptionOptions { LeavesOutRefusedLines = run.Value(leaveOut) }, cancellation);
                Show(run, plan);
                if (plan.IsEmpty)
                    return ExitCode.Success;
                if (!run.Value(yes) && Confirmation.Ask(run, $"Adopt this as {cluster.Model.Name}? [y/N] ") is not ("y" or "Y"))
                    throw new OperationException(ErrorCodes.Refused, "nothing was changed", null);
                await adoption.RunAsync(plan, cluster.Path, cancellation);
                Tell(run, plan, cluster);
                return ExitCode.Success;
            }
        );
    }

    private static void Show(Invocation run, AdoptionPlan plan)
    {
        AdoptionText.Write(run.Out, plan);
        if (plan.IsEmpty)
            run.Out.WriteLine("nothing to do: all of it is adopted");
        if (plan.Problems.Count == 0)
            return;
        foreach (var problem in plan.Problems)
            run.Host.Error.WriteLine($"{problem.Subject}: {problem.Message}\n    {problem.Hint}");
        throw new OperationException(
            ErrorCodes.AdoptionRefused,
            plan.Problems.Count == 1
                ? "the cluster file and what runs here do not fit together; nothing was changed"
                : $"the cluster file and what runs here do not fit together in {plan.Problems.Count} ways; nothing was changed",
            "each is told above, with what to do; then run: howdah adopt");
    }

    private static void Tell(Invocation run, AdoptionPlan plan, LoadedCluster cluster)
    {
        if (plan.ClusterFile is not null)
            run.Say($"{cluster.Path} is completed; the former one is {cluster.Path}{ClusterFileKeeper.FormerSuffix}");
        var restarts = plan.Nodes
            .Where(node => node.Changes.Any(change => change.Moment == SettingMoment.Restart))
            .Select(node => node.Node.Name)
            .ToList();
        run.Say(cluster.Model.IsOnOneMachine
            ? "adopted; now run: howdah up"
            : "adopted; when each host's servers are, run howdah init on the primary's host with this cluster file, and go on as it says");
        run.Say(restarts.Count == 0
            ? "it will restart no server that accepts writes: what needs a restart waits for the next"
            : $"it will restart {string.Join(" and ", restarts)} once, for the settings told above");
    }
}
