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
}
