using CsCheck;
using Howdah.Barman.CommandLine;

namespace Howdah.Cluster.Tests.Barman;

public sealed class CommandLineTests
{
    private const string Version = "3.17.0 Howdah 0.1.0";

    [Fact]
    public void The_first_command_of_the_lab()
    {
        var invocation = Run("switch-wal", "--force", "--archive", "master.local");
        Assert.Equal("switch-wal", invocation.Command);
        Assert.True(invocation.Has("--force"));
        Assert.True(invocation.Has("--archive"));
        Assert.Null(invocation.Count("--archive-timeout"));
        Assert.Equal(["master.local"], invocation.Arguments);
    }

    [Fact]
    public void Global_options_stand_before_the_command()
    {
        var invocation = Run("-qdc", "/etc/howdah.toml", "--color=always", "-fjson", "check", "all");
        Assert.Equal(
            new GlobalOptions { ConfigFile = "/etc/howdah.toml", Color = ColorMode.Always, Quiet = true, Debug = true, Json = true },
            invocation.Global);
        var refused = Parse("check", "-f", "json", "all");
        Assert.Equal(2, refused.ExitCode);
        Assert.EndsWith("barman: error: unrecognized arguments: -f\n", refused.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("switch-xlog", "switch-wal")]
    [InlineData("list-backup", "list-backups")]
    public void Aliases_are_the_command_itself(string typed, string command) => Assert.Equal(command, Run(typed, "s").Command);

    [Fact]
    public void Options_and_names_may_stand_in_any_order_and_values_may_follow_an_equals_sign()
    {
        var invocation = Run("switch-wal", "a", "--archive-t=5", "b", "--archive", "--", "-c");
        Assert.Equal(5, invocation.Count("--archive-timeout"));
        Assert.True(invocation.Has("--archive"));
        Assert.Equal(["a", "b", "-c"], invocation.Arguments);
    }

    [Fact]
    public void An_optional_value_takes_only_its_own_words()
    {
        var invocation = Run("backup", "--reuse-backup", "master.local", "--wait");
        Assert.Equal("", invocation.Text("--reuse-backup"));
        Assert.Equal(["master.local"], invocation.Arguments);
        Assert.Equal("off", Run("backup", "--reuse-backup", "off", "s").Text("--reuse-backup"));
    }

    [Theory]
    [InlineData("barman check: error: the following arguments are required: server_name", "check")]
    [InlineData("barman show-backup: error: the following arguments are required: backup_id", "show-backup", "s")]
    [InlineData("barman: error: unrecognized arguments: three", "show-backup", "s", "b", "three")]
    [
        InlineData(
            "barman switch-wal: error: argument --archive-timeout: 'x' is not a valid non negative integer",
            "switch-wal",
            "--archive-timeout",
            "x",
            "s")
    ]
    [InlineData("barman switch-wal: error: argument --archive-timeout: expected one argument", "switch-wal", "s", "--archive-timeout")]
    [
        InlineData(
            "barman: error: argument -f/--format: invalid choice: 'xml' (choose from 'console', 'json')", "--format", "xml", "check", "s")
    ]
    [
        InlineData(
            "barman backup: error: argument --no-immediate-checkpoint: not allowed with argument --immediate-checkpoint",
            "backup",
            "--immediate-checkpoint",
            "--no-immediate-checkpoint",
            "s")
    ]
    [InlineData("barman backup: error: ambiguous option: --wai could match --wait, --wait-timeout", "backup", "--wai", "s")]
    [InlineData("barman: error: argument command: 'cron' is a command of Barman's that Howdah does not answer yet", "cron")]
    public void A_command_line_that_breaks_the_grammar_ends_with_2(string expected, params string[] args)
    {
        var refused = Parse(args);
        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith("usage: barman ", refused.Text, StringComparison.Ordinal);
        Assert.EndsWith(expected + "\n", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_usage_is_wrapped_as_Barman_wraps_it()
    {
        const string expected = """
            usage: barman switch-wal [-h] [--force] [--archive]
                                     [--archive-timeout TIMEOUT]
                                     server_name [server_name ...]
            """;
        Assert.Equal(expected, UsageText.ForCommand(BarmanGrammar.Find("switch-wal")!));
        Assert.Equal(
            "usage: barman check [-h] [--nagios] server_name [server_name ...]", UsageText.ForCommand(BarmanGrammar.Find("check")!));
    }

    [Fact]
    public void Version_and_help_end_with_0()
    {
        Assert.Equal((Version + "\n", 0), Shown("-v"));
        Assert.Equal(0, Shown("--help").ExitCode);
        Assert.Equal(0, Shown().ExitCode);
        Assert.StartsWith("usage: barman check ", Shown("check", "-h").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_words_are_an_invocation_or_a_refusal()
    {
        string[] known =
            [
                "check",
                "backup",
                "--wait",
                "-w",
                "--name",
                "all",
                "--",
                "-",
                "",
                "--target",
                "-j",
                "--archive-timeout",
                "=",
                "--x=y",
                "-q",
                "latin\u00e9"
            ];
        var word = Gen.Int[0, known.Length - 1].Select(index => known[index]);
        word.Array[0, 8].Sample(args =>
        {
            var parsed = CommandLineParser.Parse(args, Version);
            Assert.True(parsed.Invocation is not null || parsed.Text.Length > 0);
        });
    }

    private static (string Text, int ExitCode) Shown(params string[] args)
    {
        var parsed = Parse(args);
        Assert.Null(parsed.Invocation);
        return (parsed.Text, parsed.ExitCode);
    }

    private static ParsedCommandLine Parse(params string[] args) => CommandLineParser.Parse(args, Version);

    private static BarmanInvocation Run(params string[] args)
    {
        var parsed = Parse(args);
        Assert.True(parsed.Invocation is not null, parsed.Text);
        return parsed.Invocation;
    }
}
