using System.CommandLine;
using Howdah.Cli.Reference;
using Howdah.Core.Errors;

namespace Howdah.Cli.Commands;

/// <summary><c>howdah completion bash|zsh|fish</c>.</summary>
internal static class CompletionCommand
{
    public static HowdahCommand Create(CliHost host)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new HowdahCommand("completion", "print a script that makes a shell complete howdah's commands")
        {
            Examples =
            [
                new("source <(howdah completion bash)", "for this shell"),
                new("howdah completion fish > ~/.config/fish/completions/howdah.fish", "for every fish from now on"),
            ],
        };
        command.Arguments.Add(shell);
        return command.Runs(
            host,
            run =>
            {
                run.Out.Write(ShellCompletion.Of(run.Value(shell)!));
                return ExitCode.Success;
            }
        );
    }
}
