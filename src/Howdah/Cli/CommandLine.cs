using System.CommandLine;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cli;

/// <summary>Parses, runs, and turns every end into an exit code: the one place where errors of operation become text.</summary>
internal static class CommandLine
{
    public static int Run(string[] args, CliHost host)
    {
        var root = CommandTree.Build(host);
        var parsed = root.Parse(PassThrough.Mark(args), new ParserConfiguration { ResponseFileTokenReplacer = null });
        var code = Run(parsed, host);
        return code != 0 && parsed.CommandResult.Command is HowdahCommand { FailsWith: { } failure } ? failure : code;
    }

    private static int Run(ParseResult parsed, CliHost host)
    {
        if (parsed.Errors.Count > 0 && parsed.Action is null or System.CommandLine.Invocation.ParseErrorAction)
            return Misused(parsed, host);
        using var signals = new ProcessSignals();
        // The process handles its signals itself: a command stops cleanly, however long that takes; a second signal ends it at once.
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = host.Out,
            Error = host.Error,
        };
        try
        {
            return RunToEnd(parsed, configuration, signals);
        }
        catch (OperationCanceledException) when (signals.Received is { } code)
        {
            return (int)code;
        }
        catch (OperationException exception)
        {
            ErrorText.Write(host, Invocation.HasJson(parsed), exception);
            return (int)exception.Code.Exit;
        }
        catch (ClusterFileException exception)
        {
            ErrorText.Write(host, Invocation.HasJson(parsed), exception);
            return (int)ErrorCodes.ConfigurationInvalid.Exit;
        }
        catch (Exception exception) when (StorageFailure.IsStorageError(exception) && !IsBrokenPipe(exception))
        {
            var failure = StorageFailure.Describe("on this machine", exception);
            ErrorText.Write(host, Invocation.HasJson(parsed), failure);
            return (int)failure.Code.Exit;
        }
        catch (IOException exception) when (IsBrokenPipe(exception))
        {
            return (int)ExitCode.Failed; // whoever read our output has gone, as in `howdah backups | head -1`
        }
        finally
        {
            host.EndOutput();
        }
    }

    private static int RunToEnd(ParseResult parsed, InvocationConfiguration configuration, ProcessSignals signals) =>
#pragma warning disable VSTHRD002 // Main is not async: the fast path must not pay for a state machine and a thread pool.
        parsed.InvokeAsync(configuration, signals.Token).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    /// <summary>EPIPE; .NET has no name for it.</summary>
    private static bool IsBrokenPipe(Exception exception) =>
        exception.HResult == 32 || exception.Message.Contains("Broken pipe", StringComparison.Ordinal);

    private static int Misused(ParseResult parsed, CliHost host)
    {
        var command = parsed.CommandResult.Command;
        var path = HelpText.PathOf(command);
        var help = $"see {path} --help";
        if (parsed.UnmatchedTokens is [var unmatched, ..])
        {
            var kind =
                unmatched.StartsWith('-') ? "option"
                : command.Subcommands.Any(child => !child.Hidden) ? "command"
                : "argument";
            var meant = Spelling.Nearest(unmatched, HelpText.WordsOf(command));
            var hint = meant is null ? help : $"did you mean {meant}? {char.ToUpperInvariant(help[0])}{help[1..]}";
            ErrorText.Write(
                host,
                json: false,
                new OperationException(ErrorCodes.UsageInvalid, $"{path} knows no {kind} '{unmatched}'", hint)
            );
        }
        else if (command.Action is null && command.Subcommands.Count > 0)
        {
            var commands = string.Join(", ", command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name));
            ErrorText.Write(
                host,
                json: false,
                new OperationException(ErrorCodes.UsageInvalid, $"{path} needs a command: {commands}", help)
            );
        }
        else
        {
            ErrorText.Write(
                host, json: false, new OperationException(ErrorCodes.UsageInvalid, UsageProblem.Explain(parsed.Errors[0].Message), help));
        }

        host.Error.Flush();
        return (int)ExitCode.Usage;
    }
}
