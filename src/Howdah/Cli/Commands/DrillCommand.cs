using System.CommandLine;
using Howdah.Cli.Forwarding;
using Howdah.Cli.Json;
using Howdah.Cli.Rendering;
using Howdah.Core.Errors;
using Howdah.Operations.Drill;
using Howdah.Repository.Drills;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah drill</c>.</summary>
internal static class DrillCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var snapshot = new Option<string?>("--snapshot")
        {
            Description = "this snapshot; default: the best for the newest moment",
            HelpName = "ID",
        };
        var query = new Option<string?>("--query")
        {
            Description = "ask this; default: query in [drill] of the cluster file",
            HelpName = "SQL",
        };
        var scratch = new Option<string?>("--scratch")
        {
            Description = "where the copy is made and removed; default: in the cluster's directory",
            HelpName = "DIR",
        };
        var command = Describe(query, scratch);
        command.Options.Add(snapshot);
        command.Options.Add(query);
        command.Options.Add(scratch);
        return command.Runs(
            host,
            async (run, cancellation) =>
            {
                var parts = new Composition(run, run.LoadCluster().Model);
                var place = run.Value(scratch) is { } given
                    ? Path.GetFullPath(given, run.Host.WorkingDirectory)
                    : Path.Combine(parts.Model.Paths.RunDirectory, "drill");
                var program = Privileges.DropWithProgram(host);
                var repository = parts.OpenRepository();
                var options = new DrillOptions
                {
                    Scratch = place,
                    FetchProgram = program,
                    Snapshot = run.Value(snapshot),
                    System = Composition.FindWal(repository).System,
                    BinDirectories = parts.Model.BinDirectory is { } directory ? [directory] : [],
                    Query = run.Value(query) ?? parts.Model.Drill.Query,
                    QueryIsProof = run.Value(query) is null,
                    Database = parts.Model.Drill.Database,
                    Superuser = parts.Model.Users.Superuser,
                };
                run.Say("restoring the newest moment into scratch");
                var record = await new DrillOperation(repository, options, run.Host.Time).RunAsync(cancellation);
                return Report(run, record);
            }
        );
    }

    private static HowdahCommand Describe(Option<string?> query, Option<string?> scratch) =>
        new("drill", "restore into a scratch place, start it, ask it, check its pages, measure, and remove it")
        {
            PrintsData = true,
            RunsOn = Placement.BackupHost,
            NeverForwarded = [scratch],
            Refuses = run =>
            {
                if (run.Value(query) is { } asked && string.IsNullOrWhiteSpace(asked))
                    throw new OperationException(ErrorCodes.UsageInvalid, "--query has an empty value", "see howdah drill --help");
            },
            Remarks =
                "The copy runs where nobody else can reach it, and without archiving. It is replayed to the newest WAL. The result\n"
                + "is kept in the repository. The query is sent as it is; the answer is the first row of its last result. When it fails,\n"
                + "that is told apart from a copy that could not be restored. A failing query of the cluster file makes the cluster\n"
                + "unprotected, since it says what a copy must hold; one given with --query does not.",
            Examples =
            [
                new("howdah drill", "prove that the newest moment can be restored"),
                new("howdah drill --query 'select count(*) from orders'", "and that it holds what it should"),
            ],
            OwnExitCodes =
            [
                (0, "restored, started, answered, and every page is right"),
                ((int)ErrorCodes.DrillFailed.Exit, "not; the message says what failed, the copy or only the query"),
            ],
        };

    private static ExitCode Report(Invocation run, DrillRecord record)
    {
        if (run.IsJson)
            JsonOutput.Write(run.Out, DrillJson.Of(record), CliJson.Default.DrillJson);
        else if (record.Failure is null || record.PagesChecked > 0)
            TextColumns.Write(run.Out, Rows(record));
        if (record is { Failure: null, ChecksumFailureCount: 0, QueryFailure: { } said })
            throw new OperationException(
                ErrorCodes.DrillQueryFailed,
                $"drill {record.Id}: the copy was restored and started, and the query failed: {said}",
                record.QueryIsProof
                    ? "the cluster file's query counts: mend it, or find out what the copy lacks"
                    : "mend the query; this does not count against the backups"
            );
        if (record.WhatFailed() is not { } why)
            return ExitCode.Success;
        throw new OperationException(
            ErrorCodes.DrillFailed,
            $"drill {record.Id}: {why}",
            "the repository cannot be relied on until this is understood"
        );
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(DrillRecord record)
    {
        yield return ["snapshot", record.Snapshot ?? "none"];
        if (record.ReachedLsn is { } lsn)
            yield return ["reached", record.ReachedTime is { } time ? $"{Amounts.ExactMoment(time)}, {lsn}" : lsn.ToString()];
        if (record.Answer is not null)
            yield return ["answer", record.Answer];
        yield return
        [
            "pages",
            record.PagesChecked == 0 ? "not checked" : $"{record.PagesChecked} checked, {record.ChecksumFailureCount} damaged",
        ];
        yield return ["copied", $"{Amounts.Bytes(record.Bytes)} in {Seconds(record.CopySeconds)}"];
        yield return ["replayed", $"in {Seconds(record.RecoverySeconds)}"];
        yield return ["answered", $"{Seconds(record.SecondsToAnswer)} after the start"];
    }

    private static string Seconds(double seconds) => Amounts.Span(TimeSpan.FromSeconds(seconds));
}
