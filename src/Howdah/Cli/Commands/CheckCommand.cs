using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah check</c>: what <c>status</c> judges, one line for each thing, for monitoring.</summary>
internal static class CheckCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var command = new HowdahCommand("check", "check everything that being protected consists of, one line for each")
        {
            PrintsData = true,
            Remarks =
                "Each line is good, bad or unknown (not seen, and so never good), or warn: good now, and bad soon if nobody does\n"
                + "anything. The same verdict as that of howdah status.",
            Examples =
            [
                new("howdah check", "good  slave  streams, 0 bytes behind"),
                new("howdah check --json | jq '.checks[] | select(.verdict != \"good\")'", "what is amiss"),
            ],
            OwnExitCodes = [(0, "all of it is good"), (1, "something is bad, or was not seen")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                Privileges.Drop();
                var status = await parts.LookAsync(operations => operations.StatusAsync(cancellation), cancellation);
                if (run.IsJson)
                    JsonOutput.Write(run.Out, CheckListJson.Of(status), CliJson.Default.CheckListJson);
                else
                    TextColumns.Write(run.Out, status.Checks.Select(Row));
                return status.Protected == Verdict.Good ? ExitCode.Success : ExitCode.Failed;
            }
        );
    }

    private static IReadOnlyList<string> Row(ProtectionCheck check) =>
        check.Warning is { } warning ? ["warn", check.Subject, warning] : [StatusJson.Word(check.Verdict), check.Subject, check.Finding];
}
