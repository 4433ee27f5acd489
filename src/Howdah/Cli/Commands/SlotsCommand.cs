using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
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
            Remarks =
                "TROUBLE IN is the time until the server gives a slot up because its disk budget is used: as fast as the slot falls\n"
                + "behind, or for one that keeps up, at the present rate of WAL if its follower stopped now. The rate is of one second.\n"
                + "Without a budget (before PostgreSQL 13) it says no limit: such a slot keeps WAL until the disk is full.",
            Examples = [new("howdah slots", "barman  backup  active  0 bytes  reserved  keeps up (3 h 10 min if it stopped)")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                Privileges.Drop();
                var list = await parts.LookAsync(operations => operations.SlotsAsync(cancellation), cancellation);
                if (list.Slots.Count == 0)
                    throw new OperationException(
                        ErrorCodes.ServerUnreachable, "no slot was seen: the primary does not answer", "see howdah status");
                if (run.IsJson)
                    JsonOutput.Write(run.Out, SlotListJson.Of(list), CliJson.Default.SlotListJson);
                else
                {
                    TextColumns.Write(
                        run.Out, list.Slots.Select(Row).Prepend(["SLOT", "FOR", "STATE", "KEEPS", "WAL", "TROUBLE IN", "WHY"]));
                    if (!parts.Model.IsOnOneMachine)
                        run.Say(HostAges.Line(list.Ages));
                }

                return ExitCode.Success;
            }
        );
    }

    private static string Trouble(SlotReport slot) =>
        (slot.Outlook, slot.TimeToTrouble) switch
        {
            (SlotOutlook.KeepsUp, { } time) => $"keeps up ({Amounts.Span(time)} if it stopped)",
            (SlotOutlook.KeepsUp, null) => "keeps up",
            (SlotOutlook.FallsBehind, { } time) => Amounts.Span(time),
            (SlotOutlook.Quiet, _) => "nothing is written",
            (SlotOutlook.NoLimit, _) => "no limit",
            (SlotOutlook.Lost, _) => "it is lost",
            _ => "not known",
        };

    private static IReadOnlyList<string> Row(SlotReport slot) =>
        [
            slot.Name,
            slot.Owner ?? "nobody of ours",
            slot.Standing == SlotStanding.Missing ? "missing"
            : slot.IsActive ? "active"
            : "idle",
            slot.RetainedBytes is { } bytes ? Amounts.Bytes(bytes) : "",
            slot.WalStatus ?? "",
            Trouble(slot),
            slot.Reason ?? "",
        ];
}
