using System.CommandLine;
using System.Text.RegularExpressions;
using Howdah.Cli;

namespace Howdah.EndToEnd.Tests.Cli;

/// <summary>What the documents tell a reader to type is what the program takes.</summary>
public sealed class DocumentedCommandTests
{
    private static readonly Regex CommandLine = new(
        @"^(?: {4}| {7})\$? ?(?<command>howdah [a-z].*?)(?: {2,}.*)?$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture);

    public static TheoryData<string, string> Documented =>
    [
        .. from file in Directory.EnumerateFiles(RepositoryRoot.PathOf("docs/tasks"), "*.md").Append(RepositoryRoot.PathOf("README.md"))
           from Match match in CommandLine.Matches(File.ReadAllText(file))
           from command in match.Groups["command"].Value.Split("&&", StringSplitOptions.TrimEntries)
           select (Path.GetFileName(file), command),
    ];

    [Theory]
    [MemberData(nameof(Documented))]
    public void Every_command_in_the_documents_is_one_of_ours(string document, string command)
    {
        var parsed = CommandTree.Build(CliHost.OfProcess()).Parse(command["howdah ".Length..]);
        Assert.True(parsed.Errors.Count == 0, $"{document}: {command}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
    }

    [Fact]
    public void The_table_of_commands_in_the_README_names_each_one()
    {
        var page = File.ReadLines(RepositoryRoot.PathOf("README.md"));
        var table = page.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToList();
        // What a reader of the page need not know: the list of errors and a shell's completion are found by howdah --help.
        string[] left = ["howdah errors", "howdah completion", "howdah config show", "howdah config schema"];
        var missing = Leaves(CommandTree.Build(CliHost.OfProcess()))
            .Select(HelpText.PathOf)
            .Except(left)
            .Where(command => !table.Exists(line => command.Split(' ').All(Words(line).Contains)));
        Assert.Empty(missing);
    }

    private static IEnumerable<Command> Leaves(Command command) =>
        command.Subcommands.Count == 0 ? [command] : command.Subcommands.Where(child => !child.Hidden).SelectMany(Leaves);

    private static string[] Words(string line) => line.Split([' ', '`', ','], StringSplitOptions.RemoveEmptyEntries);
}
