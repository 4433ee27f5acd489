using Howdah.Barman.CommandLine;

namespace Howdah.Cluster.Tests.Barman;

/// <summary>No help promises an effect that no code has.</summary>
public sealed class AcceptedOptionTests
{
    private static readonly string Code = string.Concat(
        Directory.EnumerateFiles(RepositoryRoot.PathOf("src/Howdah.Barman"), "*.cs", SearchOption.AllDirectories)
            .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal) && Path.GetFileName(file) != "BarmanGrammar.cs")
            .Select(File.ReadAllText));

    private static IEnumerable<OptionSpec> All =>
        BarmanGrammar.GlobalOptions.Concat(BarmanGrammar.Commands.SelectMany(static command => command.Options));

    [Fact]
    public void An_option_says_accepted_where_no_command_reads_it_and_only_there() =>
        Assert.All(All, static option => Assert.Equal(!IsRead(option), IsAccepted(option)));

    [Fact]
    public void The_documents_name_each_option_that_changes_nothing()
    {
        var page = File.ReadAllText(RepositoryRoot.PathOf("docs/barman.md"));
        var from = page.IndexOf("These options are taken and change nothing", StringComparison.Ordinal);
        var list = page[from..page.IndexOf("\n\n", from, StringComparison.Ordinal)];
        Assert.All(All.Where(IsAccepted), option => Assert.Contains($"`{option.Key}`", list, StringComparison.Ordinal));
    }

    /// <summary>A switch for what is done anyway has its effect through its opposite.</summary>
    private static bool IsRead(OptionSpec option) => IsNamed(option.Key) || (option.Excludes is { } opposite && IsNamed(opposite));

    private static bool IsNamed(string key) => Code.Contains($"\"{key}\"", StringComparison.Ordinal);

    private static bool IsAccepted(OptionSpec option) => option.Help.StartsWith("accepted", StringComparison.Ordinal);
}
