using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah plan</c>.</summary>
internal static class PlanCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var command = new HowdahCommand("plan", "show the steps that howdah up, or the agents of several hosts, would take now, and why")
        {
            PrintsData = true,
            Remarks = "Nothing is changed. On several machines each host carries out its own steps.",
            Examples = [new("howdah plan", "nothing to do, where all is in place")],
            OwnExitCodes =
            [
                (0, "there is a plan, perhaps an empty one"),
                ((int)ExitCode.Refused, "something stands in the way that no step can mend"),
            ],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                Privileges.Drop();
                var plan = await parts.LookAsync(operations => operations.PlanAsync(cancellation), cancellation);
                if (run.IsJson)
                    JsonOutput.Write(run.Out, PlanJson.Of(plan), CliJson.Default.PlanJson);
                else
                {
                    Write(run.Out, plan, parts.Model);
                    if (!parts.Model.IsOnOneMachine)
                        run.Say(HostAges.Line(plan.Ages));
                }

                return plan.Obstacles.Count == 0 ? ExitCode.Success : ExitCode.Refused;
            }
        );
    }

    private static void Write(TextWriter output, ClusterPlan plan, ClusterModel model)
    {
        if (plan.IsEmpty)
            output.WriteLine(plan.Unseen.Count == 0 ? "nothing to do" : "nothing to do, as far as can be seen");
        for (var i = 0; i < plan.Steps.Count; i++)
        {
            var step = plan.Steps[i];
            output.WriteLine($"{i + 1,3}. {(model.IsOnOneMachine ? "" : $"{step.Host}: ")}{step.Text}\n     {step.Reason}");
        }

        foreach (var (host, problem) in plan.Unseen)
            output.WriteLine($"not seen, so nothing is planned of it: {host}: {problem}");
        foreach (var obstacle in plan.Obstacles)
            output.WriteLine($"in the way: {obstacle.Subject}: {obstacle.Message}\n     {obstacle.Hint}");
    }
}
