using System.Globalization;

namespace Howdah.Daemon;

/// <summary>The numbers are those of syslog, which the journal reads (sd-daemon(3)).</summary>
internal enum LogSeverity
{
    Problem = 3,
    Warning = 4,
    Information = 6,
}

/// <summary>
/// The agent's log: one line for each thing that happened, on standard error. The journal gets the severity in front of the line and
/// knows the time itself; elsewhere the time is in the line. Thread-safe.
/// </summary>
internal sealed class AgentLog(TextWriter output, TimeProvider time, bool isForJournal)
{
    /// <summary>The journal cuts lines at 48 KiB (LineMax= in journald.conf(5)), and nobody reads so far.</summary>
    private const int LongestLine = 8192;

    private readonly Lock _gate = new();

    public void Information(string text) => Write(LogSeverity.Information, text);

    public void Warning(string text) => Write(LogSeverity.Warning, text);

    public void Problem(string text) => Write(LogSeverity.Problem, text);

    public void Write(LogSeverity severity, string text)
    {
        var line = OneLine(text);
        var head = isForJournal
            ? string.Create(CultureInfo.InvariantCulture, $"<{(int)severity}>")
            : string.Create(CultureInfo.InvariantCulture, $"{time.GetLocalNow():yyyy-MM-dd HH:mm:ss.fff} {Word(severity)}");
        lock (_gate)
        {
            output.WriteLine(head + line);
            output.Flush();
        }
    }

    private static string Word(LogSeverity severity) => severity switch
    {
        LogSeverity.Problem => "problem: ",
        LogSeverity.Warning => "warning: ",
        _ => "",
    };

    /// <summary>What others sent may be in a text: it must not look like lines of ours, nor reach a terminal as commands.</summary>
    private static string OneLine(string text)
    {
        if (text.Length > LongestLine)
            text = text[..LongestLine] + "…";
        return string.Create(text.Length, text, static (line, from) =>
        {
            for (var i = 0; i < line.Length; i++)
                line[i] = char.IsControl(from[i]) ? ' ' : from[i];
        });
    }
}
