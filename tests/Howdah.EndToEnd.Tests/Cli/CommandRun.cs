using Howdah.Cli;

namespace Howdah.EndToEnd.Tests.Cli;

/// <summary>What a command printed and answered.</summary>
internal sealed record CommandResult(int ExitCode, string Out, string Error);

/// <summary>Runs commands in this process, as <c>howdah ARGS…</c> would, with streams of the test's own.</summary>
internal static class CommandRun
{
    public static CommandResult Of(params string[] args) => In("/", new Dictionary<string, string>(StringComparer.Ordinal), args);

    public static CommandResult In(string workingDirectory, IReadOnlyDictionary<string, string> environment, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CliHost
        {
            Out = output,
            Error = error,
            In = new Lazy<TextReader>(TextReader.Null),
            OutIsTerminal = false,
            ErrorIsTerminal = false,
            InIsTerminal = false,
            Time = TimeProvider.System,
            Environment = environment.GetValueOrDefault,
            WorkingDirectory = workingDirectory,
            Program = System.Environment.ProcessPath,
        };
        var code = CommandLine.Run(args, host);
        return new CommandResult(code, output.ToString(), error.ToString());
    }
}
