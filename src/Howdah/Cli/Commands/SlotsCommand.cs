using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah slots</c>.</summary>
internal static class SlotsCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var command = new HowdahCommand("slots", "list the replication slots: whose, why, what they keep, and when that becomes trouble")
        {
            PrintsData = true,
            Examples = [new("howdah slots", "barman  backup  active  0 bytes  reserved")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                Privileges.Drop();
                var slots = await parts.Operations(SilentObserver.Instance).SlotsAsync(cancellation);
                if (run.IsJson)
                    JsonOutput.Write(run.Out, new SlotListJson([.. slots.Select(SlotJson.Of)]), CliJson.Default.SlotListJson);
                else if (slots.Count == 0)
                    run.Say("no slot was seen: does the primary answer? See howdah status");
                else
                    TextColumns.Write(run.Out, slots.Select(Row).Prepend(["SLOT", "FOR", "STATE", "KEEPS", "WAL", "TROUBLE IN", "WHY"]));
                return ExitCode.Success;
            }
        );
    }

    private static IReadOnlyList<string> Row(SlotReport slot) =>
        [
            slot.Name,
            slot.Owner ?? "nobody of ours",
            slot.Standing == SlotStanding.Missing ? "missing"
            : slot.IsActive ? "active"
            : "idle",
            slot.RetainedBytes is { } bytes ? Amounts.Bytes(bytes) : "",
            slot.WalStatus ?? "",
            slot.TimeToTrouble is { } time ? Amounts.Span(time) : "",
            slot.Reason ?? "",
        ];
}
