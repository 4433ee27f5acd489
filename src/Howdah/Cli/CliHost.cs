namespace Howdah.Cli;

/// <summary>The process around a command: its streams, its environment and its clock. Tests give their own.</summary>
internal sealed record CliHost
{
    /// <summary>Results, and nothing else.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Talk: progress, warnings, questions, errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Opened when it is first read: on a terminal that changes settings, which psql must find untouched.</summary>
    public required Lazy<TextReader> In { get; init; }

    public required bool OutIsTerminal { get; init; }

    public required bool ErrorIsTerminal { get; init; }

    public required bool InIsTerminal { get; init; }

    public required TimeProvider Time { get; init; }

    public required Func<string, string?> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>
    /// The file of this program, absolute and without symbolic links; null where it cannot be told. Read before root's rights are given
    /// up: afterwards the way to it may be closed.
    /// </summary>
    public required string? Program { get; init; }

    public static CliHost OfProcess() =>
        new()
        {
            Out = Console.Out,
            Error = Console.Error,
            In = new Lazy<TextReader>(() => Console.In),
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            InIsTerminal = !Console.IsInputRedirected,
            Time = TimeProvider.System,
            Environment = System.Environment.GetEnvironmentVariable,
            WorkingDirectory = Directory.GetCurrentDirectory(),
            Program = System.Environment.ProcessPath,
        };

    /// <summary>
    /// Flushes what was written, at the end. The runtime switches a terminal to application keys when it first writes to it (terminfo's
    /// smkx) and never back; left so, arrow keys send other codes to what comes next.
    /// </summary>
    public void EndOutput()
    {
        if (OutIsTerminal && Environment("TERM") is { Length: > 0 } and not "dumb")
            Out.Write("\e[?1l\e>");
        Out.Flush();
        Error.Flush();
    }
}
