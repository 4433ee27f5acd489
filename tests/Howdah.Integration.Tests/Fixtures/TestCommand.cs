using System.Diagnostics;
using System.Text;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>What a finished command said.</summary>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Both streams, for a message.</summary>
    public string Everything => $"{Command}: exit code {ExitCode}\n{Output}{Error}";
}

/// <summary>Runs a program to its end, as the unprivileged server user where the tests run as root.</summary>
public static class TestCommand
{
    /// <summary>Far above what any command here takes; a hang is a failure with the command's name in it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    /// <summary>Runs and expects exit code 0.</summary>
    public static async Task<string> RunAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var result = await TryRunAsync(command, environment);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.Everything);
    }

    /// <summary>Runs as the server user and expects exit code 0.</summary>
    public static Task<string> RunUnprivilegedAsync(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null) =>
        RunAsync(Unprivileged(command), environment);

    /// <summary>The same command as the server user.</summary>
    public static IReadOnlyList<string> Unprivileged(IReadOnlyList<string> command) => TestEnvironment.IsRoot
        ? ["setpriv", $"--reuid={TestEnvironment.ServerUser}", $"--regid={TestEnvironment.ServerUser}", "--init-groups", .. command]
        : command;

    public static async Task<CommandResult> TryRunAsync(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? deadline = null)
    {
        using var process = Start(command, environment);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestEnvironment.Stop);
        limit.CancelAfter(deadline ?? Deadline);
        var output = new StringBuilder();
        var error = new StringBuilder();
        try
        {
            process.OutputDataReceived += (_, line) => Append(output, line.Data);
            process.ErrorDataReceived += (_, line) => Append(error, line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException exception) when (!TestEnvironment.Stop.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end in {deadline ?? Deadline}\n{output}{error}", exception);
        }

        return new CommandResult(string.Join(' ', command), process.ExitCode, output.ToString(), error.ToString());
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (text) text.Append(line).Append('\n');
    }

    /// <summary>Starts a program with its output captured and no input; the caller owns it.</summary>
    public static Process Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(command[0])
        {
            UseShellExecute = false,
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"could not start {command[0]}");
        process.StandardInput.Close();
        return process;
    }
}
