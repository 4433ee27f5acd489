using System.CommandLine;
using System.Diagnostics;
using System.Xml.Linq;
using Howdah.Cli;
using Howdah.Cli.Reference;

namespace Howdah.EndToEnd.Tests.Cli;

public sealed class CliReferenceTests
{
    private static readonly RootCommand Tree = CommandTree.Build(CliHost.OfProcess());

    [Fact]
    public void The_manual_of_commands_is_made_from_the_tree() =>
        GoldenFile.AssertEqual("docs/reference/cli.md", CliReference.Commands(Tree));

    [Fact]
    public void The_manual_of_errors_is_made_from_the_table() => GoldenFile.AssertEqual("docs/errors.md", CliReference.Errors());

    [Fact]
    public void Every_command_has_a_description_and_an_example()
    {
        foreach (var command in CliReference.Leaves(Tree))
        {
            var own = Assert.IsType<HowdahCommand>(command);
            Assert.False(string.IsNullOrEmpty(own.Description), own.Name);
            Assert.True(own.Examples.Count > 0, $"{HelpText.PathOf(own)} has no example");
            Assert.All(own.Options, option => Assert.False(string.IsNullOrEmpty(option.Description), $"{own.Name} {option.Name}"));
            Assert.All(own.Arguments, argument => Assert.False(string.IsNullOrEmpty(argument.Description), $"{own.Name} {argument.Name}"));
        }
    }

    [Fact]
    public void Descriptions_start_in_lower_case_and_end_without_a_full_stop()
    {
        foreach (var command in CliReference.Leaves(Tree))
        {
            foreach (var symbol in command.Options.Cast<Symbol>().Concat(command.Arguments).Append(command))
                Assert.DoesNotMatch("^[A-Z][a-z]|[.]$", symbol.Description ?? "");
        }
    }

    [Fact]
    public void The_version_is_that_of_the_build()
    {
        var properties = XDocument.Load(RepositoryRoot.PathOf("Directory.Build.props"));

        Assert.Equal(ProductVersion.Text, properties.Descendants("Version").Single().Value);
    }

    [Theory]
    [InlineData("bash", "bash")]
    [InlineData("zsh", "zsh")]
    [InlineData("fish", "fish")]
    public void Completion_scripts_are_what_their_shell_can_read(string shell, string program)
    {
        var script = ShellCompletion.Of(shell);
        Assert.Contains("howdah", script, StringComparison.Ordinal);
        var path = new[] { "/bin", "/usr/bin" }.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
        if (path is null)
            return; // only bash is on every machine

        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, script);
            using var process = Process.Start(
                new ProcessStartInfo(path, ["-n", file]) { RedirectStandardError = true, UseShellExecute = false }
            )!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.Equal((0, ""), (process.ExitCode, error));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Completion_knows_the_commands()
    {
        var suggestions = CommandRun.Of("[suggest:8]", "howdah c").Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Contains("config", suggestions);
        Assert.Contains("completion", suggestions);
    }
}
