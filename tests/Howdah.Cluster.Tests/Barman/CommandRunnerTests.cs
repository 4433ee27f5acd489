using Howdah.Barman.CommandLine;
using Howdah.Barman.Commands;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;

namespace Howdah.Cluster.Tests.Barman;

public sealed class CommandRunnerTests
{
    [Fact]
    public async Task All_stands_alone_and_unknown_names_are_told_in_their_turn()
    {
        var answer = await RunAsync(new ScriptedServer(), "list-backups", "all", "other");
        Assert.Equal((1, "", "ERROR: You cannot use 'all' with other server names\n"), answer);
        Assert.Equal((1, "", "ERROR: Unknown server 'nope'\n"), await RunAsync(new ScriptedServer(), "status", "nope"));
        Assert.Equal((1, "", "ERROR: Unknown server 'nope'\n"), await RunAsync(new ScriptedServer(), "show-backup", "nope", "latest"));
        Assert.Equal(
            (1, "", "ERROR: Unknown backup 'latest' for server 'master.local'\n"),
            await RunAsync(new ScriptedServer(), "show-backup", "master.local", "latest"));
    }

    [Fact]
    public async Task JSON_collects_messages_in_one_document()
    {
        Assert.Equal(
            (1, """{"_ERROR": ["Unknown backup 'latest' for server 'master.local'"]}""", ""),
            await RunAsync(new ScriptedServer(), "-f", "json", "show-backup", "master.local", "latest"));
        Assert.Equal((0, """{"master.local": []}""", ""), await RunAsync(new ScriptedServer(), "-f", "json", "list-backup", "all"));
    }

    [Fact]
    public async Task Quiet_hides_results_and_keeps_the_exit_code()
    {
        Assert.Equal((0, "", ""), await RunAsync(new ScriptedServer(), "-q", "check", "master.local"));
        Assert.Equal((1, "", ""), await RunAsync(new ScriptedServer { Facts = LabFacts.PostgresDown }, "-q", "check", "master.local"));
    }

    [Fact]
    public async Task Colours_mark_the_verdict_only()
    {
        var (_, output, _) = await RunAsync(new ScriptedServer { Facts = LabFacts.PostgresDown }, "--color", "always", "check", "all");
        Assert.Contains("\tPostgreSQL: \e[31mFAILED\e[0m (connection refused by 127.0.10.2:5432)\n", output, StringComparison.Ordinal);
        Assert.Contains("\tdirectories: \e[32mOK\e[0m\n", output, StringComparison.Ordinal);
        var (_, _, error) = await RunAsync(new ScriptedServer(), "--color", "always", "status", "x");
        Assert.Equal("\e[31mERROR: Unknown server 'x'\e[0m\n", error);
    }

    [Fact]
    public async Task Nagios_ends_with_2_where_something_failed()
    {
        Assert.Equal(0, (await RunAsync(new ScriptedServer(), "check", "--nagios", "all")).ExitCode);
        Assert.Equal(2, (await RunAsync(new ScriptedServer { Facts = LabFacts.PostgresDown }, "check", "--nagios", "all")).ExitCode);
    }

    [Fact]
    public async Task A_closed_segment_is_waited_for_and_told_with_those_that_came_meanwhile()
    {
        const string first = "000000010000000000000002";
        var wanted = ScriptedServer.Segment.Name;
        const string before = "000000010000000000000001";
        var server = new ScriptedServer { Segments = new([[before], [before, first], [before, first, wanted]]) };
        var expected = $"""
            The WAL file {wanted} has been closed on server 'master.local'
            Waiting for the WAL file {wanted} from server 'master.local' (max: 30 seconds)
            Processing xlog segments from streaming for master.local (batch size: 2)
            	{first}
            	{wanted}

            """;
        Assert.Equal((0, expected, ""), await RunAsync(server, "switch-wal", "--force", "--archive", "master.local"));
    }

    [Fact]
    public async Task A_segment_that_does_not_arrive_in_time_is_an_error()
    {
        var wanted = ScriptedServer.Segment.Name;
        var (exitCode, output, error) = await RunAsync(
            new ScriptedServer(), "-f", "json", "switch-wal", "--archive", "--archive-timeout", "2", "master.local");
        Assert.Equal((1, ""), (exitCode, error));
        Assert.StartsWith(
            $$"""{"_ERROR": ["The WAL file {{wanted}} has not been received in 2 seconds"], "_INFO": ["The WAL file {{wanted}} has""",
            output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Switches_that_cannot_or_need_not_be_made_are_told_in_Barmans_words()
    {
        async Task<(int ExitCode, string Output, string Error)> AnswerAsync(SwitchVerdict verdict, string detail) =>
            await RunAsync(
                new ScriptedServer { Switch = new SwitchOutcome(verdict, null, detail) }, "switch-wal", "--archive", "master.local");

        Assert.Equal((0, "No switch required for server 'master.local'\n", ""), await AnswerAsync(SwitchVerdict.NotRequired, ""));
        Assert.Equal(
            (1, "", "ERROR: Unable to perform pg_switch_wal for server 'master.local'.\n"),
            await AnswerAsync(SwitchVerdict.Impossible, "down"));
        Assert.Equal(
            (1, "", "ERROR: Barman switch-wal --force requires superuser rights or the 'pg_checkpoint' role\n"),
            await AnswerAsync(SwitchVerdict.NoForcePrivilege, ""));
        Assert.StartsWith(
            "ERROR: Postgres user 'barman' is missing required privileges",
            (await AnswerAsync(SwitchVerdict.NoPrivilege, "barman")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_tells_its_steps_and_waits_for_its_last_segment()
    {
        var server = new ScriptedServer { Backup = LabFacts.Newest, Segments = new([[], ["000000010000000000000008"]]) };
        var (exitCode, output, error) = await RunAsync(server, "backup", "--wait", "--name", "nightly", "--bwlimit", "100", "master.local");
        const string expected = """
            Starting backup using postgres method for server master.local in /repo/snapshots/20261123T081901
            Backup start at LSN: 0/3000060 (000000010000000000000003, 00000060)
            Starting backup copy via pg_basebackup for 20261123T081901
            Copy done (time: 2 seconds)
            Finalising the backup.
            This is the first backup for server master.local
            Backup size: 22.1 MiB
            Backup end at LSN: 0/9000000 (000000010000000000000008, 00000000)
            """;
        Assert.Equal((0, ""), (exitCode, error));
        Assert.StartsWith(expected + "\nBackup completed (start time: 2026-11-23 00:36:20", output, StringComparison.Ordinal);
        Assert.EndsWith(
            "Waiting for the WAL file 000000010000000000000008 from server 'master.local'\n"
            + "Processing xlog segments from streaming for master.local (batch size: 1)\n\t000000010000000000000008\n",
            output,
            StringComparison.Ordinal);
        Assert.Equal(new BackupOrder { Name = "nightly", ImmediateCheckpoint = true, KilobytesPerSecond = 100 }, server.Ordered);
    }

    [Fact]
    public async Task A_backup_is_refused_with_the_checks_that_stop_it_and_not_for_others()
    {
        var (exitCode, output, error) = await RunAsync(new ScriptedServer { Facts = LabFacts.PostgresDown }, "backup", "master.local");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith(
            "ERROR: Impossible to start the backup. Check the log for more details, or run 'barman check master.local'\n"
            + "ERROR: PostgreSQL: FAILED (connection refused by 127.0.10.2:5432)\n",
            error,
            StringComparison.Ordinal);
        var facts = LabFacts.Healthy with
        {
            Policy = LabFacts.Policy with { MinimumRedundancy = 3 },
            Catalogue = Observed<CatalogueFacts>.Of(LabFacts.With(LabFacts.Failed) with { HasCompleteSegment = false }),
        };
        Assert.Equal(0, (await RunAsync(new ScriptedServer { Facts = facts, Backup = LabFacts.Newest }, "backup", "all")).ExitCode);
    }

    [Fact]
    public async Task A_failed_backup_shows_the_cause()
    {
        var (exitCode, _, error) = await RunAsync(new ScriptedServer(), "backup", "master.local");
        Assert.Equal((1, "ERROR: Backup failed copying files.\nDETAILS: the connection broke\nHint: try again\n"), (exitCode, error));
        Assert.Equal(1, (await RunAsync(new ScriptedServer(), "backup", "--incremental", "latest", "master.local")).ExitCode);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(ScriptedServer server, params string[] args)
    {
        var invocation = CommandLineParser.Parse(args, "").Invocation!;
        using var text = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        BarmanOutput output = invocation.Global.Json
            ? new JsonOutput(text, invocation.Global.Quiet, invocation.Global.Debug)
            : new ConsoleOutput(text, errors, invocation.Global.Color == ColorMode.Always, invocation.Global.Quiet, debug: false);
        var exitCode = await new CommandRunner(invocation, output, server).RunAsync(TestContext.Current.CancellationToken);
        output.Complete();
        return (exitCode == 0 && output.HasFailed ? 1 : exitCode, text.ToString(), errors.ToString());
    }
}
