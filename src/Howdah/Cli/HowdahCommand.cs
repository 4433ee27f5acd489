using System.CommandLine;
using Howdah.Cli.Forwarding;
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

    /// <summary>The host of a cluster on several machines that carries it out; null: the one that it is typed on.</summary>
    public Placement? RunsOn { get; init; }

    /// <summary>Without this switch it is not carried out for another host; null: nothing is asked for.</summary>
    public Option<bool>? ForwardedOnlyWith { get; init; }

    /// <summary>Options that name places of the host that carries it out.</summary>
    public IReadOnlyList<Option> Places { get; init; } = [];

    /// <summary>Options that nobody may give from another host.</summary>
    public IReadOnlyList<Option> NeverForwarded { get; init; } = [];

    /// <summary>Refuses what cannot be meant, before anything is looked at, even the cluster file.</summary>
    public Action<Invocation>? Refuses { get; init; }

    /// <summary>Makes the command do something.</summary>
    public HowdahCommand Runs(CliHost host, Func<Invocation, CancellationToken, Task<ExitCode>> action)
    {
        if (PrintsData)
            Options.Add(GlobalOptions.Json);
        SetAction(
            async (parsed, cancellation) =>
            {
                var run = new Invocation(host, parsed);
                Refuses?.Invoke(run);
                return await RunElsewhereAsync(run, cancellation) ?? (int)await action(run, cancellation);
            }
        );
        return this;
    }

    /// <returns>Its exit code; null where it is to be carried out here.</returns>
    private async Task<int?> RunElsewhereAsync(Invocation run, CancellationToken cancellationToken)
    {
        if (RunsOn is null)
            return null;
        var model = run.LoadCluster().Model;
        var forwarder = new CommandForwarder(run.Host, model);
        var path = HelpText.PathOf(this);
        if (forwarder.FindElsewhere(RunsOn.Find(run, model), path) is not { } other)
            return null;
        var command = new ForwardedCommand(path, HowdahArguments.Of(run, this, other.Name), RunsOn.Reason);
        Privileges.Drop();
        if (!run.IsJson)
            run.Say($"on {other.Name}, {RunsOn.Reason}:");
        return await forwarder.RunAsync(other, command, cancellationToken);
    }

    /// <summary>For commands that wait for nothing.</summary>
    public HowdahCommand Runs(CliHost host, Func<Invocation, ExitCode> action) => Runs(host, (run, _) => Task.FromResult(action(run)));
}
