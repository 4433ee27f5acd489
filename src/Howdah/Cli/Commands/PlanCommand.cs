using Howdah.Cli.Json;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah plan</c>.</summary>
internal static class PlanCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var command = new HowdahCommand("plan", "show the steps that howdah up would take now, and why")
        {
            PrintsData = true,
            Remarks = "Nothing is changed.",
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
                var plan = await (await parts.OperationsWithPeersAsync(SilentObserver.Instance, cancellation)).PlanAsync(cancellation);
                if (run.IsJson)
                {
                    JsonOutput.Write(run.Out, PlanJson.Of(plan), CliJson.Default.PlanJson);
                }
                else
                {
                    if (plan.IsEmpty)
                        run.Out.WriteLine("nothing to do");
                    for (var i = 0; i < plan.Steps.Count; i++)
                        run.Out.WriteLine($"{i + 1,3}. {plan.Steps[i].Text}\n     {plan.Steps[i].Reason}");
                    foreach (var obstacle in plan.Obstacles)
                        run.Out.WriteLine($"in the way: {obstacle.Subject}: {obstacle.Message}\n     {obstacle.Hint}");
                }

                return plan.Obstacles.Count == 0 ? ExitCode.Success : ExitCode.Refused;
            }
        );
    }
}
