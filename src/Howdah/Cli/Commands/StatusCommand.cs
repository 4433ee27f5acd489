using System.CommandLine;
using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Cluster;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah status</c>: the promise.</summary>
internal static class StatusCommand
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public static HowdahCommand Create(CliHost host)
    {
        var watch = new Option<bool>("--watch")
        {
            Description = "look again every second, until Ctrl-C; with --json, one document after the other",
        };
        var command = new HowdahCommand("status", "show on one screen whether the cluster is protected, and what can be restored")
        {
            PrintsData = true,
            Remarks =
                "Everything on it was looked at for it, just now; on several hosts by their agents, and it says how long ago. "
                + "What could not\nbe seen is unknown, and unknown is never good.",
            Examples =
            [
                new("howdah status", "once"),
                new("howdah status --watch", "kept up to date"),
                new("howdah status --json | jq .protected", "\"good\""),
            ],
            OwnExitCodes = [(0, "protected"), (1, "not protected, or not known to be")],
        };
        command.Options.Add(watch);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                Privileges.Drop();
                return await parts.LookAsync(
                    operations => run.Value(watch) ? WatchAsync(run, operations, cancellation) : ShowAsync(run, operations, cancellation),
                    cancellation);
            }
        );
    }

    private static async Task<ExitCode> ShowAsync(Invocation run, ClusterOperations operations, CancellationToken cancellation)
    {
        var status = await operations.StatusAsync(cancellation);
        Print(run, status);
        return status.Protected == Verdict.Good ? ExitCode.Success : ExitCode.Failed;
    }

    private static async Task<ExitCode> WatchAsync(Invocation run, ClusterOperations operations, CancellationToken cancellation)
    {
        while (true)
        {
            var status = await operations.StatusAsync(cancellation);
            // Home, draw, clear what is left below: a full clear would flicker.
            if (!run.IsJson && run.Host.OutIsTerminal)
                run.Out.Write($"\e[H{Screen(run, status).Replace("\n", "\e[K\n", StringComparison.Ordinal)}\e[J");
            else
                Print(run, status);
            run.Out.Flush();
            await Task.Delay(WatchInterval, run.Host.Time, cancellation);
        }
    }

    private static void Print(Invocation run, ClusterStatus status)
    {
        if (run.IsJson)
            JsonOutput.Write(run.Out, StatusJson.Of(status), CliJson.Default.StatusJson);
        else
            run.Out.Write(Screen(run, status));
    }

    private static string Screen(Invocation run, ClusterStatus status) => new StatusScreen(new Style(run.OutHasColor)).Of(status);
}
