using System.CommandLine;
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
        var snapshot = new Argument<string?>("SNAPSHOT")
        {
            Description = "an id, the beginning of one, latest or oldest; default: the best for the target",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var to = new Option<string?>("--to") { Description = "the new data directory: empty, or not there yet", HelpName = "DIR" };
        var planOnly = new Option<bool>("--plan") { Description = "tell what it would take and reach, and change nothing" };
        var target = new RestoreTargetOptions();
        var places = new Option<string[]>("--tablespace")
        {
            Description = "a place for a tablespace, by its number or its old directory; may be repeated",
            HelpName = "OID=DIR",
        };
        var standby = new Option<bool>("--as-standby")
        {
            Description = "make a standby that follows the primary, instead of recovering to a target",
        };
        var command = Describe();
        command.Arguments.Add(snapshot);
        command.Options.Add(to);
        command.Options.Add(planOnly);
        foreach (var option in target.All)
            command.Options.Add(option);
        command.Options.Add(places);
        command.Options.Add(standby);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                var directory = run.Value(to) ?? (run.Value(planOnly) ? null : throw NoDirectory());
                var program = Privileges.DropWithProgram(host);
                var progress = new ProgressLine(run);
                var options = new RestoreOptions(
                    Path.GetFullPath(directory ?? Path.Combine(parts.Model.Directory, "restored"), run.Host.WorkingDirectory),
                    target.Read(run)
                )
                {
                    Snapshot = run.Value(snapshot),
                    Tablespaces = Places(run.Value(places) ?? [], run.Host.WorkingDirectory),
                    AsStandby = run.Value(standby),
                    PrimaryConninfo = run.Value(standby) ? parts.StandbyConninfo() : null,
                    FetchProgram = program,
                    Progress = new Relay(progress),
                };
                return await RunAsync(
                    run,
                    new RestoreOperation(parts.OpenRepository(), options, run.Host.Time),
                    (run.Value(planOnly), progress),
                    cancellation
                );
            }
        );
    }

    private static HowdahCommand Describe() =>
        new("restore", "restore a snapshot and its WAL into a new data directory")
        {
            PrintsData = true,
            Remarks =
                "Without a target it reaches the newest moment on the newest timeline. The files are copied and verified now; PostgreSQL\n"
                + "replays the WAL when it is started on the directory, and fetches it by itself with howdah wal fetch. Nothing that is\n"
                + "there is ever written over: the directory, and a place for each tablespace, have to be empty.",
            Examples =
            [
                new("howdah restore --to /srv/copy", "the newest moment"),
                new(
                    "howdah restore --to /srv/copy --target-time '2026-11-23 09:15:00+01' --target-action promote",
                    "a moment, ready for writes"
                ),
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

        if (!run.IsQuiet && !run.IsJson)
            RestorePlanText.Write(run.Host.Error, plan);
        var result = await operation.RunAsync(plan, cancellation);
        how.Progress.Clear();
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
        foreach (var remark in result.Remarks)
            run.Say($"note: {remark}");
        if (run.IsJson)
            JsonOutput.Write(run.Out, RestoreResultJson.Of(result), CliJson.Default.RestoreResultJson);
        else
            run.Out.WriteLine(result.Directory);
        run.Say(
            $"restored {Amounts.Bytes(result.Bytes)} in {result.Files} files, {Amounts.Span(result.Duration)}; "
                + "start PostgreSQL on it to replay the WAL"
        );
    }

    private static Dictionary<string, string> Places(string[] given, string workingDirectory)
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in given)
        {
            var at = text.IndexOf('=');
            if (at <= 0 || at == text.Length - 1)
                throw new OperationException(
                    ErrorCodes.UsageInvalid,
                    $"--tablespace '{text}' is not OID=DIR",
                    "for example --tablespace 16385=/srv/copy-ts"
                );
            places[text[..at]] = Path.GetFullPath(text[(at + 1)..], workingDirectory);
        }

        return places;
    }

    private static OperationException NoDirectory() =>
        new(ErrorCodes.UsageInvalid, "where to? restore needs --to DIR, or --plan", "see howdah restore --help");

    private sealed class Relay(ProgressLine line) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value)
        {
            if (value.Phase == RestorePhase.Copying)
                line.Show(new ProgressState("restore", value.Bytes, value.TotalBytes, 0, null));
        }
    }
}
