using Howdah.Cli.Forwarding;
using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Operations.Restore;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah restore [SNAPSHOT] --to DIR</c>.</summary>
internal static class RestoreCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var asked = new RestoreCommandOptions();
        var command = Describe(asked);
        command.Arguments.Add(asked.Snapshot);
        foreach (var option in asked.All)
            command.Options.Add(option);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                var program = Privileges.DropWithProgram(host);
                using var progress = new ProgressLine(run);
                var options = asked.Read(run, parts, program) with { Progress = new RestoreDisplay(progress, run.Host.Time) };
                return await RunAsync(
                    run,
                    new RestoreOperation(parts.OpenRepository(), options, run.Host.Time),
                    (asked.IsPlanOnly(run), progress),
                    cancellation
                );
            }
        );
    }

    private static HowdahCommand Describe(RestoreCommandOptions asked) =>
        new("restore", "restore a snapshot and its WAL into a new data directory")
        {
            PrintsData = true,
            RunsOn = Placement.BackupHost,
            ForwardedOnlyWith = asked.PlanOnly,
            Places = asked.Places,
            Refuses = asked.RefuseContradictions,
            Remarks =
                "Without a target it reaches the newest moment on the newest timeline. The files are copied and verified now; PostgreSQL\n"
                + "replays the WAL when it is started on the directory, and fetches it by itself with howdah wal fetch. Nothing that is\n"
                + "there is ever written over: the directory, and a place for each tablespace, have to be empty. The copy listens on\n"
                + "no address unless --listen names some, so that it can be started beside the original and never in its place.",
            Examples =
            [
                new("howdah restore --to /srv/copy", "the newest moment"),
                new(
                    "howdah restore --to /srv/copy --target-time '2026-11-23 09:15:00+01' --target-action promote",
                    "a moment, ready for writes"
                ),
                new("howdah restore --to /srv/copy --listen 10.0.0.7 --port 5433", "where others can reach it"),
                new("howdah restore --plan --target-lsn 0/5A3F218", "what that would take"),
            ],
            OwnExitCodes =
            [
                ((int)ExitCode.Refused, "it would write over something"),
                ((int)ExitCode.NotFound, "the target cannot be reached; the message says why"),
            ],
        };

    private static async Task<ExitCode> RunAsync(
        Invocation run,
        RestoreOperation operation,
        (bool PlanOnly, ProgressLine Progress) how,
        CancellationToken cancellation
    )
    {
        var plan = await operation.PlanAsync(cancellation);
        if (how.PlanOnly)
        {
            Print(run, plan);
            return ExitCode.Success;
        }

        var isPlanShown = !run.IsQuiet && !run.IsJson;
        if (isPlanShown)
            RestorePlanText.Write(run.Host.Error, plan);
        var result = await operation.RunAsync(plan, cancellation);
        how.Progress.Clear();
        foreach (var remark in result.Remarks.Except(isPlanShown ? plan.Remarks : [], StringComparer.Ordinal))
            run.Say($"note: {remark}");
        Print(run, result);
        return ExitCode.Success;
    }

    private static void Print(Invocation run, RestorePlan plan)
    {
        if (run.IsJson)
            JsonOutput.Write(run.Out, RestorePlanJson.Of(plan), CliJson.Default.RestorePlanJson);
        else
            RestorePlanText.Write(run.Out, plan);
    }

    private static void Print(Invocation run, RestoreResult result)
    {
        if (run.IsJson)
            JsonOutput.Write(run.Out, RestoreResultJson.Of(result), CliJson.Default.RestoreResultJson);
        else
            run.Out.WriteLine(result.Directory);
        run.Say(
            $"restored {Amounts.Bytes(result.Bytes)} in {result.Files} files, {Amounts.Span(result.Duration)}; "
                + "start PostgreSQL on it to replay the WAL"
        );
    }
}
