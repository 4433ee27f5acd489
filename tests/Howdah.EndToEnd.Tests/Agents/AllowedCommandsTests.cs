using System.CommandLine;
using Howdah.Cli;
using Howdah.Core.Errors;
using Howdah.Daemon;

namespace Howdah.EndToEnd.Tests.Agents;

public sealed class AllowedCommandsTests
{
    private const string File = "/etc/howdah.toml";

    private static readonly AllowedCommands Allowed = new("status", "wal list", "restore --plan", "drill !--scratch", "barman");

    [Theory]
    [InlineData("--config /etc/howdah.toml status", "status")]
    [InlineData("--config /etc/howdah.toml status --json --watch", "status", "--json", "--watch")]
    [InlineData("--config /etc/howdah.toml wal list", "wal", "list")]
    [InlineData("--config /etc/howdah.toml restore latest --plan --to /x", "restore", "latest", "--plan", "--to", "/x")]
    [InlineData("barman --config /etc/howdah.toml switch-wal --force all", "barman", "switch-wal", "--force", "all")]
    [InlineData("barman --config /etc/howdah.toml --quiet --format=json check all", "barman", "--quiet", "--format=json", "check", "all")]
    [InlineData("--config /etc/howdah.toml drill --query=--scratch --json", "drill", "--query=--scratch", "--json")]
    public void Its_own_arguments_and_the_cluster_file_are_all_that_a_command_gets(string expected, params string[] arguments) =>
        Assert.Equal(expected, string.Join(' ', Allowed.Complete(arguments, File)));

    [Theory]
    [InlineData()]
    [InlineData("destroy")]
    [InlineData("Status")]
    [InlineData("--quiet", "status")]
    [InlineData("wal")]
    [InlineData("wal", "fetch")]
    [InlineData("wal", "--json", "list")]
    [InlineData("status", "--config", "/tmp/x")]
    [InlineData("status", "--config=/tmp/x")]
    [InlineData("status", "--config:/tmp/x")]
    [InlineData("barman", "--config", "/tmp/x", "check")]
    [InlineData("barman", "-c", "/tmp/x", "check")]
    [InlineData("barman", "-c/tmp/x", "check")]
    [InlineData("barman", "-qc", "/tmp/x", "check")]
    [InlineData("barman", "--conf", "/tmp/x", "check")]
    [InlineData("barman", "--conf=/tmp/x", "check")]
    [InlineData("barman", "--quiet", "--con=/tmp/x", "check")]
    [InlineData("barman", "--format", "json", "check")]
    [InlineData("barman", "--log-level=DEBUG", "check")]
    [InlineData("drill", "--scratch", "/x")]
    [InlineData("drill", "--scratch=/x")]
    [InlineData("drill", "--scratch:/x")]
    [InlineData("drill", "--query", "--scratch")]
    [InlineData("restore")]
    [InlineData("restore", "--to", "/x")]
    [InlineData("restore", "--plan", "false", "--to", "/x")]
    [InlineData("restore", "--plan", "False", "--to", "/x")]
    [InlineData("restore", "--plan=false", "--to", "/x")]
    [InlineData("restore", "--plan:false", "--to", "/x")]
    [InlineData("restore", "--plan", "--plan=false", "--to", "/x")]
    [InlineData("restore", "--to", "/x", "--", "--plan")]
    [InlineData("restore", "--to", "--plan")]
    [InlineData("status", "a\0b")]
    public void Whatever_else_is_refused(params string[] arguments) =>
        Assert.Equal(ErrorCodes.AgentRefused, Assert.Throws<OperationException>(() => Allowed.Complete(arguments, File)).Code);

    [Fact]
    public void Command_lines_have_a_length()
    {
        Assert.Throws<OperationException>(() => Allowed.Complete(["status", .. Enumerable.Repeat("x", 64)], File));
        Assert.Throws<OperationException>(() => Allowed.Complete(["status", new string('x', 5000)], File));
    }

    /// <summary>The rule reads words; what counts is what our parser makes of them.</summary>
    [Fact]
    public void No_restore_that_is_allowed_would_write()
    {
        var tree = CommandTree.Build(CliHost.OfProcess());
        string[] pieces = ["--plan", "--plan=false", "false", "--to", "/x", "--as-standby", "latest", "--", "-q", "--tablespace"];
        var checkedLines = 0;
        foreach (var first in pieces)
            foreach (var second in pieces)
                foreach (var third in pieces)
                    foreach (var fourth in pieces)
                        checkedLines += Check(tree, ["restore", first, second, third, fourth]);
        Assert.InRange(checkedLines, 100, 10_000);
    }

    /// <summary>As above: whatever is let through, our parser finds no place in it that the drill would write to.</summary>
    [Fact]
    public void No_drill_that_is_allowed_has_a_place_of_the_callers()
    {
        var tree = CommandTree.Build(CliHost.OfProcess());
        string[] pieces =
        [
            "--scratch", "--scratch=/x", "--scratch:/x", "--query", "--query=--scratch=/x", "/x", "--json", "--", "-q", "-q=--scratch",
        ];
        var allowed = 0;
        foreach (var first in pieces)
            foreach (var second in pieces)
                foreach (var third in pieces)
                {
                    string[] arguments = ["drill", first, second, third];
                    if (Record.Exception(() => Allowed.Complete(arguments, File)) is not null)
                        continue;
                    allowed++;
                    var parsed = tree.Parse(Allowed.Complete(arguments, File));
                    Assert.True(parsed.Errors.Count > 0 || parsed.GetValue<string?>("--scratch") is null, string.Join(' ', arguments));
                }

        Assert.InRange(allowed, 20, 1000);
    }

    private static int Check(RootCommand tree, string[] arguments)
    {
        IReadOnlyList<string> complete;
        try
        {
            complete = Allowed.Complete(arguments, File);
        }
        catch (OperationException)
        {
            return 0;
        }

        var parsed = tree.Parse(complete);
        Assert.True(parsed.Errors.Count > 0 || parsed.GetValue<bool>("--plan"), string.Join(' ', complete));
        return 1;
    }
}
