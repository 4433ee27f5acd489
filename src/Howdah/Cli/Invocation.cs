using System.CommandLine;
using Howdah.Cli.Rendering;
using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>One run of one command: its arguments, its streams and the cluster it is about.</summary>
internal sealed class Invocation(CliHost host, ParseResult parsed)
{
    private LoadedCluster? _cluster;

    public CliHost Host => host;

    public ParseResult Parsed => parsed;

    public TextWriter Out => host.Out;

    public bool IsJson => HasJson(parsed);

    public bool IsQuiet => parsed.GetValue(GlobalOptions.Quiet);

    public bool IsVerbose => parsed.GetValue(GlobalOptions.Verbose);

    /// <summary>Colours for the results; see <see cref="TerminalColor"/>.</summary>
    public bool OutHasColor => TerminalColor.Decide(parsed.GetValue(GlobalOptions.Color), host.OutIsTerminal, host.Environment);

    public bool ErrorHasColor => TerminalColor.Decide(parsed.GetValue(GlobalOptions.Color), host.ErrorIsTerminal, host.Environment);

    public static bool HasJson(ParseResult parsed) =>
        parsed.CommandResult.Command is HowdahCommand { PrintsData: true } && parsed.GetValue(GlobalOptions.Json);

    public T? Value<T>(Option<T> option) => parsed.GetValue(option);

    public T? Value<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <summary>It stands on the command line; a default does not count.</summary>
    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>A remark for people: standard error, not with --quiet.</summary>
    public void Say(string text)
    {
        if (!IsQuiet)
            host.Error.WriteLine(text);
    }

    /// <summary>The cluster file that counts, once; see <see cref="ClusterFileInForce"/>.</summary>
    /// <exception cref="ClusterFileException">It has problems.</exception>
    /// <exception cref="OperationException">There is none, or it cannot be read.</exception>
    public LoadedCluster LoadCluster() =>
        _cluster ??= ClusterFileInForce.Load(FindClusterFile(), IsGiven(GlobalOptions.Config), Remark);

    /// <summary>The cluster file itself, also where it was not applied yet.</summary>
    /// <exception cref="ClusterFileException">It has problems.</exception>
    /// <exception cref="OperationException">There is none, or it cannot be read.</exception>
    public LoadedCluster LoadClusterFile() => ClusterFile.Load(FindClusterFile());

    /// <summary>Where a cluster file goes that is to be made: the first place that is looked at, and as root that of the machine.</summary>
    public string ClusterFileToMake() => new ClusterFileLocator(host.Environment, host.WorkingDirectory).ToMake(
        parsed.GetValue(GlobalOptions.Config));

    public string FindClusterFile() =>
        new ClusterFileLocator(host.Environment, host.WorkingDirectory).Find(parsed.GetValue(GlobalOptions.Config));

    private void Remark(string text)
    {
        if (!IsJson)
            Say(text);
    }
}
