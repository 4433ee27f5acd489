using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Howdah.Cluster.Agents;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;

namespace Howdah.Daemon;

/// <summary>This very program, started once more with a command: no shell, no input, its output line by line.</summary>
internal sealed class OwnCommand : IDisposable
{
    /// <summary>Tells the program that it was asked by another host's, so that it does not ask others in turn.</summary>
    public const string ForwardedVariable = "HOWDAH_FORWARDED";

    /// <summary>
    /// Longer lines come in pieces: callers take lines of 1 MiB, and as JSON a character may have six (<c>\u0001</c>).
    /// </summary>
    private const int LongestPiece = 128 << 10;

    /// <summary>A backup that is told to end closes its connection and its files.</summary>
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(30);

    /// <summary>A process that it left running may hold its output open; what it wrote itself is in the pipe already.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly TimeProvider _time;

    /// <summary>Held while a line is handed on.</summary>
    private readonly SemaphoreSlim _gate = new(1);

    private long _pieces;

    private OwnCommand(Process process, TimeProvider time)
    {
        _process = process;
        _time = time;
    }

    /// <exception cref="OperationException">The program does not start.</exception>
    public static OwnCommand Start(string program, IReadOnlyList<string> arguments, TimeProvider time)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment[ForwardedVariable] = "1";
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return new OwnCommand(process, time);
        }
        catch (Win32Exception failure)
        {
            throw new OperationException(
                ErrorCodes.AgentRefused, $"starting {program}: {failure.Message}", "was the program replaced or removed?", failure);
        }
    }

    /// <summary>
    /// Hands on what it writes, as it comes, one line at a time, and waits for its end. Cancelled, or when a line cannot be handed on, it
    /// is told to end, and after 30 s made to.
    /// </summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> FollowAsync(Func<CommandOutput, CancellationToken, Task> wrote, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pumps = Task.WhenAll(
            PumpAsync(_process.StandardOutput, (text, isPart) => new CommandOutput(Out: text, IsPart: isPart), wrote, stop),
            PumpAsync(_process.StandardError, (text, isPart) => new CommandOutput(Error: text, IsPart: isPart), wrote, stop));
        try
        {
            await _process.WaitForExitAsync(stop.Token);
            await DrainAsync(pumps);
            return _process.ExitCode;
        }
        finally
        {
            await stop.CancelAsync();
            await EndAsync();
            await ForgetAsync(pumps);
        }
    }

    public void Dispose()
    {
        _gate.Dispose();
        _process.Dispose();
    }

    private async Task PumpAsync(
        StreamReader reader,
        Func<string, bool, CommandOutput> output,
        Func<CommandOutput, CancellationToken, Task> wrote,
        CancellationTokenSource stop)
    {
        try
        {
            await foreach (var (piece, isPart) in ReadPiecesAsync(reader, stop.Token))
            {
                await _gate.WaitAsync(stop.Token);
                try
                {
                    await wrote(output(piece, isPart), stop.Token);
                    _pieces++;
                }
                finally
                {
                    _gate.Release();
                }
            }
        }
        catch
        {
            // Nobody reads any more, and the program would wait for ever.
            await stop.CancelAsync();
            throw;
        }
    }

    /// <summary>Lines without their ends; those that are too long, or have no end, in parts.</summary>
    private static async IAsyncEnumerable<(string Text, bool IsPart)> ReadPiecesAsync(
        StreamReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            var from = 0;
            while (from < count)
            {
                var end = Array.IndexOf(buffer, '\n', from, count - from);
                line.Append(buffer, from, (end < 0 ? count : end) - from);
                from = end < 0 ? count : end + 1;
                // Half of a character would come out as none.
                if (end < 0 && (line.Length < LongestPiece || char.IsHighSurrogate(line[^1])))
                    continue;
                yield return (line.ToString(), IsPart: end < 0);
                line.Clear();
            }
        }

        if (line.Length > 0)
            yield return (line.ToString(), IsPart: true);
    }

    /// <summary>What is in the pipes is read to its end; of a pipe that stays open, until nothing more comes.</summary>
    private async Task DrainAsync(Task pumps)
    {
        long before;
        do
        {
            before = Volatile.Read(ref _pieces);
            await Task.WhenAny(pumps, Task.Delay(Silence, _time, CancellationToken.None));
        }
        while (!pumps.IsCompleted && (before != Volatile.Read(ref _pieces) || _gate.CurrentCount == 0));
        if (pumps.IsCompleted)
            await pumps;
    }

    private async Task EndAsync()
    {
        if (_process.HasExited)
            return;
        ProcessSignal.Terminate(_process.Id);
        using var deadline = new CancellationTokenSource(EndDeadline, _time);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // Not its children: a server that it has started must live on.
            _process.Kill(entireProcessTree: false);
        }
    }

    private static async Task ForgetAsync(Task pumps)
    {
        try
        {
            await pumps;
        }
        catch (Exception)
        {
            // Told by now, or the end of what was asked for.
        }
    }
}
