using Howdah.Cli.Forwarding;
using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah backups</c>.</summary>
internal static class BackupsCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var command = new HowdahCommand("backups", "list the snapshots in the repository, the oldest first")
        {
            PrintsData = true,
            RunsOn = Placement.BackupHost,
            Examples = [new("howdah backups", "20261123T091455  2026-11-23 09:14  58.4MiB …")],
        };
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                Privileges.Drop();
                var snapshots = await parts.OpenRepository().Snapshots.ListAsync(cancellation);
                if (run.IsJson)
                {
                    var json = new SnapshotListJson([.. snapshots.Select(snapshot => SnapshotJson.Of(snapshot.Record))]);
                    JsonOutput.Write(run.Out, json, CliJson.Default.SnapshotListJson);
                    return ExitCode.Success;
                }

                if (snapshots.Count == 0)
                    run.Say("the repository holds no snapshot; howdah backup takes one");
                else
                    TextColumns.Write(run.Out, snapshots.Select(snapshot => Row(snapshot.Record)).Prepend(Heading));
                return ExitCode.Success;
            }
        );
    }

    private static IReadOnlyList<string> Heading =>
        ["SNAPSHOT", "RESTORABLE FROM", "SIZE", "TIMELINE", "FROM LSN", "SOURCE", "PAGES", "LABEL"];

    private static IReadOnlyList<string> Row(Repository.Snapshots.SnapshotRecord record) =>
        [
            record.Id,
            Amounts.ExactMoment(record.StoppedAt),
            Amounts.Bytes(record.Bytes),
            record.StopTimeline.ToString(),
            record.StopLsn.ToString(),
            record.Source ?? "",
            !record.PageChecksums ? "no checksums"
            : record.IsClean() ? "clean"
            : $"{record.ChecksumFailureCount} damaged",
            record.Label ?? "",
        ];
}
