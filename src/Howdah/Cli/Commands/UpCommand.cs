using System.CommandLine;
using System.Globalization;
using Howdah.Cli.Rendering;
using Howdah.Cluster;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Howdah.Daemon;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah up</c>.</summary>
internal static class UpCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var detach = new Option<bool>("--detach")
        {
            Description = "come back when the cluster is proven, and leave a process in the background",
        };
        var supervise = new Option<bool>("--background") { Hidden = true, Description = "what --detach starts" };
        var command = new HowdahCommand("up", "bring the cluster up, prove that it is protected, and keep it so")
        {
            Remarks =
                "Does only what is missing, so it may be run again at any time, also after it was interrupted. It is ready when a row\n"
                + "written on the primary was read on every standby, its WAL is on the backup host, and a restored backup holds it too.\n"
                + "It says protected only where howdah status does: a cluster with a standby that was taken out is up, but not protected.\n"
                + "Then it stays, receives WAL, watches, and takes backups and drills when [schedule] says; Ctrl-C stops the cluster.\n"
                + "As root it runs everything as the user postgres.",
            Examples =
            [
                new("howdah up", "in the foreground; Ctrl-C stops the cluster"),
                new("howdah up --detach", "in the background; howdah down stops the cluster"),
            ],
            OwnExitCodes = [((int)ExitCode.FinishedWithWarnings, "with --detach: it is up, but not as the cluster file wants it")],
        };
        command.Options.Add(detach);
        command.Options.Add(supervise);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var cluster = run.LoadClusterFile();
                new Composition(run, cluster.Model).OnOneMachine(
                    "run howdah init on the first node's host, howdah join on the others, and howdah agent on each; where that was done, "
                    + "start the agents: systemctl start howdah-agent");
                var program = Privileges.DropFor(host, cluster.Model);
                if (run.Value(detach))
                    return await new BackgroundUp(run, cluster, program).RunAsync(cancellation);
                using var display = new OperationDisplay(run);
                var background = run.Value(supervise);
                var options = new UpOptions
                {
                    Stay = true,
                    RunCommand = ScheduledCommand.Runner(
                        program, cluster.Model, host.Time,
                        line => display.Announced(new Announcement(host.Time.GetUtcNow(), AnnouncementLevel.Information, line))),
                    Ready = result =>
                    {
                        display.Clear();
                        Tell(run, cluster.Model.Name, result);
                        if (background && result.SupervisedBy is null)
                            BackgroundUp.SayReady(run, ExitOf(result));
                    },
                };
                var done = await new Composition(run, cluster.Model).Operations(display).UpAsync(options, cancellation);
                // One that stays until it is stopped has succeeded.
                return background && done.SupervisedBy is not null ? ExitOf(done) : ExitCode.Success;
            }
        );
    }

    private static ExitCode ExitOf(UpResult result) =>
        result.Failure?.Code.Exit ?? (result.Status.IsAsWanted ? ExitCode.Success : ExitCode.FinishedWithWarnings);

    private static void Tell(Invocation run, string name, UpResult result)
    {
        var what = result.Steps.Count switch
        {
            0 when result.SupervisedBy is not null => "nothing was left to do here",
            0 => "everything was in place",
            1 => $"one step in {Amounts.Span(result.Took)}",
            var count => string.Create(CultureInfo.InvariantCulture, $"{count} steps in {Amounts.Span(result.Took)}"),
        };
        var state = result.Status.Protected switch
        {
            Verdict.Good => "is up and protected",
            Verdict.Bad => "is up, but not protected",
            _ => "is up; whether it is protected is not known",
        };
        run.Say($"{name} {state}: {what}");
        if (result.Failure is { } failure)
            run.Say($"  {failure.Message}{(failure.Hint is { } hint ? $"; {hint}" : "")}; it is tried again");
        foreach (var reason in result.Status.Reasons)
            run.Say($"  {reason}");
        if (result.SupervisedBy is { } supervisor)
            run.Say($"process {supervisor} watches it already");
    }
}
