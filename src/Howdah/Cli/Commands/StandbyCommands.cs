using System.CommandLine;
using Howdah.Cli.Rendering;
using Howdah.Cluster;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah standby add|rebuild|remove</c>.</summary>
internal static class StandbyCommands
{
    public static HowdahCommand Create(CliHost host) =>
        new("standby", "build, rebuild or take away a standby")
        {
            Make(
                host,
                new HowdahCommand("add", "build a standby that the cluster file names, and make it follow")
                {
                    Remarks = "Add it to the cluster file first. Nothing is done where it follows already; howdah up does the same.",
                    Examples = [new("howdah standby add db3", "after adding [[nodes]] for db3")],
                },
                (operations, node, cancellation) => operations.AddStandbyAsync(node, cancellation)
            ),
            Make(
                host,
                new HowdahCommand("rebuild", "build a standby anew from the primary")
                {
                    Remarks =
                        "The old data is kept until the new copy is complete and verified. Where two nodes accept writes, this is how\n"
                        + "one of them is made to follow the other; what only it holds is then kept for good, in data.removed.",
                    Examples = [new("howdah standby rebuild slave", "when it cannot catch up any more, or was promoted by mistake")],
                },
                (operations, node, cancellation) => operations.RebuildStandbyAsync(node, cancellation)
            ),
            Make(
                host,
                new HowdahCommand("remove", "stop a standby and drop its slot")
                {
                    Remarks =
                        "Its data directory is renamed, not deleted. Take it out of the cluster file afterwards, or howdah up\n"
                        + "builds it again.",
                    Examples = [new("howdah standby remove db3", "its slot no longer keeps WAL")],
                },
                (operations, node, cancellation) => operations.RemoveStandbyAsync(node, cancellation)
            ),
        };

    private static HowdahCommand Make(CliHost host, HowdahCommand command, Func<ClusterOperations, string, CancellationToken, Task> action)
    {
        var node = new Argument<string>("NODE") { Description = "its name in the cluster file" };
        command.Arguments.Add(node);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model).OnOneMachine("its host's agent builds a standby anew where that is needed; see howdah status");
                var name = NodeChoice.Find(parts.Model, run.Value(node)!).Name;
                Privileges.DropFor(host, parts.Model);
                await action(parts.Operations(new OperationDisplay(run)), name, cancellation);
                run.Say($"standby {name}: done");
                return ExitCode.Success;
            }
        );
    }
}
