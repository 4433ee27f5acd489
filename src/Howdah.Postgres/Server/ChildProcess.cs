using System.ComponentModel;
using System.Diagnostics;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Server;

/// <summary>A short-lived program to run; arguments never hold a secret, for any user can read them.</summary>
/// <param name="Program">Path of the program.</param>
/// <param name="Arguments">Its arguments, passed without a shell.</param>
/// <param name="Deadline">After this the program is killed.</param>
public sealed record ChildCommand(string Program, IReadOnlyList<string> Arguments, TimeSpan Deadline)
{
    /// <summary>Root does not run it itself, but lets <see cref="UnprivilegedUser.OfServers"/> run it: what a cluster file names may be
    /// anybody's program.</summary>
    public bool IsNeverRoots { get; init; }

    /// <summary>The same, where this process is root's and the program must not be.</summary>
    internal ChildCommand WithoutRoot()
    {
        if (!IsNeverRoots || !UnprivilegedUser.IsRoot)
            return this;
        var account = UnprivilegedUser.OfServers();
        // Of util-linux, which Debian calls essential.
        return new ChildCommand(
            "setpriv",
            [$"--reuid={account.UserId}", $"--regid={account.GroupId}", "--init-groups", "--", Program, .. Arguments],
            Deadline);
    }
}

/// <summary>How a program ended; standard output and standard error, each cut to its last 64 KiB.</summary>
public sealed record ChildResult(int ExitCode, string Output, string ErrorOutput);

/// <summary>Runs short-lived programs to their end.</summary>
public static class ChildProcess
{
    /// <summary>More than any message of PostgreSQL's own programs; what exceeds it is of no use in an error.</summary>
    private const int LongestOutput = 64 << 10;

    /// <exception cref="OperationException">The program does not start, or not end before its deadline.</exception>
    public static async Task<ChildResult> RunAsync(ChildCommand command, CancellationToken cancellationToken)
    {
        var run = command.WithoutRoot();
        var start = new ProcessStartInfo(run.Program, run.Arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        // Messages are quoted to the user and, in a few places, read by us: one language.
        start.Environment["LC_MESSAGES"] = "C";
        using var process = Start(start);
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(command.Deadline);
        try
        {
            var output = ReadTailAsync(process.StandardOutput, deadline.Token);
            var errors = ReadTailAsync(process.StandardError, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new ChildResult(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            // Not its children: a server that pg_ctl has started must live on.
            process.Kill(entireProcessTree: false);
            cancellationToken.ThrowIfCancellationRequested();
            throw new OperationException(
                ErrorCodes.ServerTimeout,
                $"{command.Program} did not end within {command.Deadline.TotalSeconds:0} s and was killed");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new OperationException(
                ErrorCodes.InstallationNotFound, $"cannot run {start.FileName}: {failure.Message}", innerException: failure);
        }
    }

    private static async Task<string> ReadTailAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = string.Empty;
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            text = string.Concat(text, buffer.AsSpan(0, count));
            if (text.Length > LongestOutput)
                text = text[^LongestOutput..];
        }

        return text;
    }
}
