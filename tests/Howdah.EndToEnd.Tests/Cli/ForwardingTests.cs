using Howdah.Barman;
using Howdah.Cli;
using Howdah.Cli.Commands;
using Howdah.Cli.Forwarding;
using Howdah.Cli.Reference;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.EndToEnd.Tests.Cli;

/// <summary>Where a command runs, and what of its command line goes there.</summary>
public sealed class ForwardingTests
{
    private const string File = "/var/lib/howdah/lab/howdah.toml";

    private static readonly ClusterModel Several = Read("10.0.10.2", "10.0.10.3", "10.0.10.4");

    [Theory]
    [InlineData("backup", "master", "backup")]
    [InlineData("backup", "slave", "backup")]
    [InlineData("backup", "backup", null)]
    [InlineData("slave", "master", "slave")]
    [InlineData("slave", "slave", null)]
    [InlineData("backup", null, null)] // a machine that is in no cluster has nobody to ask
    public void A_command_runs_on_the_host_that_has_what_it_needs(string wanted, string? self, string? elsewhere) =>
        Assert.Equal(elsewhere, Placement.Elsewhere(Several, Several.FindHost(wanted)!, self)?.Name);

    [Fact]
    public void On_one_machine_all_is_here()
    {
        var one = Read("127.0.10.2", "127.0.10.3", "127.0.10.4");
        Assert.Null(Placement.Elsewhere(one, one.BackupMachine, "slave"));
    }

    [Fact]
    public void What_needs_the_repository_runs_where_it_is()
    {
        var there = CliReference.Leaves(CommandTree.Build(CliHost.OfProcess())).OfType<HowdahCommand>()
            .Where(command => command.RunsOn == Placement.BackupHost).Select(HelpText.PathOf);
        Assert.Equal(
            [
                "howdah backup", "howdah backups", "howdah restore", "howdah drill", "howdah wal list", "howdah wal gaps",
                "howdah wal switch",
            ],
            there);
    }

    [Theory]
    [InlineData("backups", "backups")]
    [InlineData("backups --json --quiet", "--config /x.toml -q backups --json")]
    [InlineData("wal list", "--config=/x.toml", "wal", "list")]
    [InlineData("backup --quiet --label=before 2.0 --rate-limit=50MiB", "backup", "--label", "before 2.0", "-q", "--rate-limit=50MiB")]
    [InlineData("backup --label=--config=/x", "backup", "--label=--config=/x")]
    [InlineData("drill --query=select 1; select '--scratch'", "drill", "--query", "select 1; select '--scratch'")]
    [InlineData("restore latest --plan --json --target-lsn=0/5A3F218", "restore --json --target-lsn 0/5A3F218 latest --plan")]
    [InlineData(
        "restore --plan --to=/srv/x --tablespace=1=/a --tablespace=2=/b",
        "restore --to /srv/x --tablespace 1=/a --plan --tablespace 2=/b")]
    public void A_command_line_is_written_anew_without_what_is_about_this_host(string expected, params string[] typed)
    {
        var arguments = Of(typed is [var line] ? line.Split(' ') : typed);
        Assert.Equal(expected, string.Join(' ', arguments));
        // And the other host takes it.
        Assert.Equal(["--config", File, .. arguments], AgentCommand.Forwarded.Complete(arguments, File));
    }

    [Theory]
    [InlineData("run it on backup, or ask from here what it would do there: howdah restore --plan", "restore --to /srv/copy")]
    [InlineData("run it on backup, or ask from here what it would do there: howdah restore --plan", "restore --plan false --to /srv/copy")]
    [InlineData("write the whole path, from / on", "restore --plan --to copy")]
    [InlineData("write the whole path, from / on", "restore --plan --tablespace 16385=copy")]
    [InlineData("run it on backup, or without --scratch", "drill --scratch /srv/scratch")]
    public void What_is_about_places_of_this_host_is_refused_with_what_to_do(string hint, string typed)
    {
        var refused = Assert.Throws<OperationException>(() => Of(typed.Split(' ')));
        Assert.Equal((ErrorCodes.Refused, hint), (refused.Code, refused.Hint));
    }

    [Fact]
    public void A_restore_that_says_no_place_is_told_so_before_any_host_is_asked()
    {
        var result = CommandRun.Of("restore", "--config", "/no/such/file");
        Assert.Equal((int)ExitCode.Usage, result.ExitCode);
        Assert.Contains("restore needs --to DIR, or --plan", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "barman --format=console --color=never check lab")]
    [InlineData(true, "barman --quiet --debug --format=json --color=always check lab")]
    public void Options_of_barman_itself_go_along_in_one_spelling(bool all, string expected)
    {
        var request = new BarmanRequest(Several, ["check", "lab"]) { IsQuiet = all, IsDebug = all, IsJson = all, HasColor = all };
        var arguments = BarmanArguments.Of(request);
        Assert.Equal(expected, string.Join(' ', arguments));
        Assert.Equal(
            ["barman", "--config", File, .. arguments.Skip(1)], AgentCommand.Forwarded.Complete(arguments, File));
    }

    private static IReadOnlyList<string> Of(string[] typed)
    {
        var host = CliHost.OfProcess();
        var parsed = CommandTree.Build(host).Parse(typed);
        Assert.Empty(parsed.Errors);
        return HowdahArguments.Of(new Invocation(host, parsed), (HowdahCommand)parsed.CommandResult.Command, "backup");
    }

    private static ClusterModel Read(string master, string slave, string backup)
    {
        var text = $"""
            [cluster]
            name = "lab"
            postgresql = 15
            [[nodes]]
            name = "master"
            address = "{master}"
            [[nodes]]
            name = "slave"
            address = "{slave}"
            [backup]
            name = "backup"
            address = "{backup}"
            """;
        return ClusterConfigReader.Read(text, File, new ConfigDefaults { ClusterRoot = "/var/lib/howdah" }).Model!;
    }
}
