using System.CommandLine;
using Howdah.Cli.Forwarding;
using Howdah.Cli.Rendering;
using Howdah.Cluster;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah standby add|rebuild|remove</c>.</summary>
internal static class StandbyCommands
{
    public static HowdahCommand Create(CliHost host) =>
        new("standby", "build, rebuild or take away a standby") { Add(host), Rebuild(host), Remove(host) };

    private static HowdahCommand Add(CliHost host)
    {
        var node = Node();
        var command = new HowdahCommand("add", "build a standby that the cluster file names, and make it follow")
        {
            RunsOn = Placement.HostOf(node),
            Remarks =
                "Add it to the cluster file first. Nothing is done where it follows already; howdah up does the same, and on several\n"
                + "hosts the agent of its host, once the file is applied.",
            Examples = [new("howdah standby add db3", "after adding [[nodes]] for db3")],
        };
        return Make(host, command, node, (operations, name, cancellation) => operations.AddStandbyAsync(name, cancellation));
    }

    private static HowdahCommand Rebuild(CliHost host)
    {
        var node = Node();
        var command = new HowdahCommand("rebuild", "build a standby anew from the primary")
        {
            RunsOn = Placement.HostOf(node),
            Remarks =
                "The old data is kept until the new copy is complete and verified. Where two nodes accept writes, this is how\n"
                + "one of them is made to follow the other; what only it holds is then kept for good, in data.removed.",
            Examples = [new("howdah standby rebuild slave", "when it cannot catch up any more, or was promoted by mistake")],
        };
        return Make(host, command, node, (operations, name, cancellation) => operations.RebuildStandbyAsync(name, cancellation));
    }

    private static HowdahCommand Remove(CliHost host)
    {
        var node = Node();
        var command = new HowdahCommand("remove", "stop a standby and drop its slot")
        {
            RunsOn = Placement.HostOf(node),
            Remarks =
                "Its data directory is renamed to data.removed, not deleted. It stays out until howdah standby add; take it out of the\n"
                + "cluster file, or howdah status goes on to remind of it.",
            Examples = [new("howdah standby remove db3", "its slot no longer keeps WAL")],
        };
        return Make(host, command, node, (operations, name, cancellation) => operations.RemoveStandbyAsync(name, cancellation));
    }

    private static Argument<string> Node() => new("NODE") { Description = "its name in the cluster file" };

    private static HowdahCommand Make(
        CliHost host, HowdahCommand command, Argument<string> node, Func<ClusterOperations, string, CancellationToken, Task> action)
    {
        command.Arguments.Add(node);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                var name = NodeChoice.Find(parts.Model, run.Value(node)!).Name;
                Privileges.DropFor(host, parts.Model);
                using var display = new OperationDisplay(run);
                await parts.ChangeAsync(display, operations => action(operations, name, cancellation), cancellation);
                run.Say($"standby {name}: done");
                return ExitCode.Success;
            }
        );
    }
}
