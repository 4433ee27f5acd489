using Howdah.Cli.Forwarding;
using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah wal …</c>.</summary>
internal static class WalCommands
{
    public static HowdahCommand Create(CliHost host) =>
        new("wal", "look at the WAL in the repository") { List(host), Gaps(host), Switch(host), WalFetchCommand.Create(host) };

    private static HowdahCommand List(CliHost host)
    {
        var command = new HowdahCommand("list", "list the WAL that the repository holds: per timeline, the ranges without a hole")
        {
            PrintsData = true,
            RunsOn = Placement.BackupHost,
            Examples = [new("howdah wal list", "timeline 1  0/3000000  0/5A3F218  42.2MiB")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var ledger = await ReadAsync(run, cancellation);
                if (run.IsJson)
                {
                    var timelines = ledger.Timelines.Select(timeline => new WalTimelineJson(
                        timeline.Timeline.Value,
                        timeline.History is not null,
                        [.. timeline.Ranges.Select(range => new WalRangeJson(range.Start.ToString(), range.End.ToString(), Length(range)))],
                        timeline.LastStored
                    ));
                    var json = new WalListJson(ledger.System.ToString(), ledger.LineageId, [.. timelines]);
                    JsonOutput.Write(run.Out, json, CliJson.Default.WalListJson);
                    return ExitCode.Success;
                }

                var rows = ledger.Timelines.SelectMany(timeline =>
                    timeline.Ranges.Select(range =>
                        (IReadOnlyList<string>)
                            [timeline.Timeline.ToString(), range.Start.ToString(), range.End.ToString(), Amounts.Bytes(Length(range))]
                    )
                );
                TextColumns.Write(run.Out, rows.Prepend(["TIMELINE", "FROM", "TO", "SIZE"]));
                if (ledger.Gaps.Any())
                    run.Say($"there are {ledger.Gaps.Count()} gaps; howdah wal gaps lists them");
                return ExitCode.Success;
            }
        );
    }

    private static HowdahCommand Gaps(CliHost host)
    {
        var command = new HowdahCommand("gaps", "list the WAL that is missing between what the repository holds, and why")
        {
            PrintsData = true,
            RunsOn = Placement.BackupHost,
            Examples = [new("howdah wal gaps", "nothing, in a healthy repository")],
            OwnExitCodes = [(0, "there is no gap"), ((int)ExitCode.FinishedWithWarnings, "there are gaps")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var gaps = (await ReadAsync(run, cancellation)).Gaps.ToList();
                if (run.IsJson)
                    JsonOutput.Write(run.Out, new WalGapListJson([.. gaps.Select(WalGapJson.Of)]), CliJson.Default.WalGapListJson);
                else if (gaps.Count == 0)
                    run.Say("no gap");
                else
                    TextColumns.Write(run.Out, gaps.Select(Row).Prepend(["TIMELINE", "FROM", "TO", "SIZE", "KNOWN", "WHY"]));
                return gaps.Count == 0 ? ExitCode.Success : ExitCode.FinishedWithWarnings;
            }
        );
    }

    private static HowdahCommand Switch(CliHost host)
    {
        var command = new HowdahCommand("switch", "end the WAL segment that the primary is writing, so that it becomes complete")
        {
            PrintsData = true,
            RunsOn = Placement.BackupHost,
            Remarks =
                "Nothing needs it: the repository holds WAL as it is written. Where nothing was written since the last switch,\n"
                + "nothing is done.",
            Examples = [new("howdah wal switch", "000000010000000000000003")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                Privileges.Drop();
                await using var primary = parts.OpenPrimary();
                // pg_walfile_name(lsn) names the segment before a position that is exactly at a boundary.
                var row = await primary.QueryRowAsync(
                    "select pg_walfile_name(at) as segment, at <> before as switched "
                        + "from (select pg_current_wal_lsn() as before, pg_switch_wal() as at) s",
                    [],
                    cancellation
                );
                var segment = row.Text("segment")!;
                if (run.IsJson)
                    JsonOutput.Write(run.Out, new WalSwitchJson(segment, row.Boolean("switched") == true), CliJson.Default.WalSwitchJson);
                else
                    run.Out.WriteLine(segment);
                return ExitCode.Success;
            }
        );
    }

    private static async Task<WalLedger> ReadAsync(Invocation run, CancellationToken cancellation)
    {
        var parts = new Composition(run, run.LoadCluster().Model);
        Privileges.Drop();
        return await Composition.FindWal(parts.OpenRepository()).ReadLedgerAsync(cancellation);
    }

    private static IReadOnlyList<string> Row(WalGap gap) =>
        [
            gap.Timeline.ToString(),
            gap.Range.Start.ToString(),
            gap.Range.End.ToString(),
            Amounts.Bytes(Length(gap.Range)),
            gap.Origin == WalGapOrigin.Recorded ? "recorded" : "found",
            gap.Reason,
        ];

    private static long Length(LsnRange range) => (long)(range.End - range.Start);
}
