using System.CommandLine;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>A command line somebody may want to type, and what it does.</summary>
internal sealed record CommandExample(string CommandLine, string Meaning);

/// <summary>
/// A command with what help, manual and completion are made from. Commands are data: one walk over the tree knows them all.
/// </summary>
internal sealed class HowdahCommand(string name, string description) : Command(name, description)
{
    /// <summary>Paragraphs for help and manual; empty where the description says it all.</summary>
    public string Remarks { get; init; } = "";

    /// <summary>At least one for every command that does something.</summary>
    public IReadOnlyList<CommandExample> Examples { get; init; } = [];

    /// <summary>Exit codes that this command gives a meaning of its own, beside those that all commands share.</summary>
    public IReadOnlyList<(int Code, string Meaning)> OwnExitCodes { get; init; } = [];

    /// <summary>The exit code of every failure, where a caller would take the usual ones for something else.</summary>
    public int? FailsWith { get; init; }

    /// <summary>Prints data, so it has <c>--json</c>.</summary>
    public bool PrintsData { get; init; }

    /// <summary>Makes the command do something.</summary>
    public HowdahCommand Runs(CliHost host, Func<Invocation, CancellationToken, Task<ExitCode>> action)
    {
        if (PrintsData)
            Options.Add(GlobalOptions.Json);
        SetAction(async (parsed, cancellation) => (int)await action(new Invocation(host, parsed), cancellation));
        return this;
    }

    /// <summary>For commands that wait for nothing.</summary>
    public HowdahCommand Runs(CliHost host, Func<Invocation, ExitCode> action) => Runs(host, (run, _) => Task.FromResult(action(run)));
}
