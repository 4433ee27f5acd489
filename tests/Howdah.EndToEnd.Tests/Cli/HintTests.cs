using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Howdah.Cli;

namespace Howdah.EndToEnd.Tests.Cli;

/// <summary>What a message tells its reader to type is a command of ours: <c>run: howdah …</c>, in any string of the product.</summary>
public sealed class HintTests
{
    /// <summary>From a colon to the end of the sentence or the string; a place for a value, <c>{node}</c>, is a word.</summary>
    private static readonly Regex Hint = new("\"[^\"\\n]*?: (?<command>howdah [^\"\\n;,\\\\]*)", RegexOptions.ExplicitCapture);

    private static readonly Regex Placeholder = new(@"\{[^}]*\}");

    public static TheoryData<string, string> Hints =>
    [
        .. from file in Directory.EnumerateFiles(RepositoryRoot.PathOf("src"), "*.cs", SearchOption.AllDirectories)
           where !file.Contains("/obj/", StringComparison.Ordinal)
           from Match match in Hint.Matches(File.ReadAllText(file))
           select (Path.GetFileName(file), Placeholder.Replace(match.Groups["command"].Value, "NAME").Trim().TrimEnd('.')),
    ];

    [Theory]
    [MemberData(nameof(Hints))]
    public void Every_command_that_a_message_advises_is_one_of_ours(string file, string command)
    {
        var words = CommandLineParser.SplitCommandLine(command).Skip(1).ToArray();
        var parsed = CommandTree.Build(CliHost.OfProcess()).Parse(PassThrough.Mark(words));
        Assert.True(parsed.Errors.Count == 0, $"{file}: {command}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
    }

    [Fact]
    public void The_sources_hold_hints_at_all() => Assert.True(Hints.Count > 5);
}
