using System.CommandLine;
using System.Globalization;
using System.Text;
using Howdah.Core.Errors;

namespace Howdah.Cli.Reference;

/// <summary>The manual pages that are made from the command tree and the table of errors; tests keep the files equal to them.</summary>
internal static class CliReference
{
    private const string Generated = "<!-- Made from the program itself: UPDATE_GOLDEN=1 ./test rewrites it. Do not edit. -->\n\n";

    /// <summary>docs/reference/cli.md.</summary>
    public static string Commands(RootCommand root)
    {
        var text = new StringBuilder("# Commands\n\n").Append(Generated);
        text.Append("Results go to standard output, everything else to standard error. `--json` is there where data is printed; ");
        text.Append("its fields are a contract and are only ever added to. Exit codes: [errors.md](../errors.md).\n\n");
        text.Append("```\n").Append(HelpText.Of(root)).Append("```\n");
        foreach (var command in Leaves(root))
        {
            text.Append("\n## ")
                .Append(HelpText.PathOf(command))
                .Append("\n\n```\n")
                .Append(Shortened(HelpText.Of(command)))
                .Append("```\n");
        }

        return text.ToString();
    }

    /// <summary>docs/errors.md.</summary>
    public static string Errors()
    {
        var text = new StringBuilder("# Errors and exit codes\n\n").Append(Generated);
        text.Append(
            "An error reads `howdah: error [NUMBER] NAME: what was attempted, on what, and what was seen`, with a `hint:` line below where "
        );
        text.Append(
            "there is something to do. With `--json`: an object `{\"error\": {\"code\", \"name\", \"message\", \"hint\"}}` on standard "
                + "error.\n\n"
        );
        text.Append("## Exit codes\n\n| code | meaning |\n|---|---|\n");
        foreach (var exit in Enum.GetValues<ExitCode>())
            text.Append(CultureInfo.InvariantCulture, $"| {(int)exit} | {MeaningOf(exit)} |\n");
        text.Append(
            "\n`howdah wal fetch` has a contract of its own with PostgreSQL (`restore_command`): see it in "
                + "[cli.md](reference/cli.md).\n"
        );
        text.Append("\n## Errors\n\n| number | name | exit code | trying again may help | meaning | what to do |\n");
        text.Append("|---|---|---|---|---|---|\n");
        foreach (var code in ErrorCodes.All)
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {code.Number:000} | {code.Name} | {(int)code.Exit} | {(code.MayRetry ? "yes" : "no")} "
                + $"| {code.Meaning} | {code.Remedy} |\n"
            );
        return text.ToString();
    }

    /// <summary>Commands that do something, in the order of the tree.</summary>
    public static IEnumerable<Command> Leaves(Command command) =>
        command.Subcommands.Where(child => !child.Hidden)
            .SelectMany(child => child.Action is null ? Leaves(child) : [child, .. Leaves(child)]);

    /// <summary>Without the options that every command has: they are told once, at the top.</summary>
    private static string Shortened(string help)
    {
        var start = help.IndexOf("\nOptions of every command:", StringComparison.Ordinal);
        if (start < 0)
            return help;
        var end = help.IndexOf("\n\n", start + 1, StringComparison.Ordinal);
        return end < 0 ? help[..start] : help[..start] + help[(end + 1)..];
    }

    private static string MeaningOf(ExitCode exit) =>
        exit switch
        {
            ExitCode.Success => "done",
            ExitCode.Failed => "failed",
            ExitCode.Usage => "the command line is wrong",
            ExitCode.FinishedWithWarnings => "done, with warnings",
            ExitCode.Configuration => "the cluster file, a connection string or a settings file is wrong or missing",
            ExitCode.Authentication => "a server refused user, password or certificate",
            ExitCode.Unreachable => "a server cannot be reached",
            ExitCode.Repository => "the repository cannot be used",
            ExitCode.Busy => "another process does the same thing now",
            ExitCode.Corruption => "data is damaged",
            ExitCode.Refused => "refused: it would lose something, does not fit this cluster, or nobody said yes",
            ExitCode.NotFound => "what was asked for is not there",
            ExitCode.DiskFull => "no space left",
            ExitCode.Unsupported => "not possible with this version",
            ExitCode.Timeout => "took too long",
            ExitCode.Denied => "this user may not read or write something",
            ExitCode.Interrupted => "stopped by Ctrl-C",
            ExitCode.Terminated => "stopped by SIGTERM",
            _ => exit.ToString(),
        };
}
