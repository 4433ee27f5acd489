namespace Howdah.Postgres.Server;

/// <summary>The end of a server's log, to be quoted in errors.</summary>
public static class ServerLog
{
    private const int MostLines = 8;
    private const int MostBytes = 16 << 10;

    private static readonly string[] Severities = ["PANIC:", "FATAL:", "ERROR:", "WARNING:", "LOG:", "HINT:", "DETAIL:"];

    // What every start and every end says.
    private static readonly string[] Noise = ["starting PostgreSQL", "listening on ", "database system is shut down"];

    /// <summary>
    /// At most 8 lines written after <paramref name="start"/>: around the first FATAL or PANIC if there is one, else the last ones. From
    /// the severity on, and without what every server says.
    /// </summary>
    public static IReadOnlyList<string> ReadTail(string logFile, long start)
    {
        try
        {
            using var file = new FileStream(logFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Position = Math.Max(Math.Min(start, file.Length), file.Length - MostBytes);
            using var reader = new StreamReader(file);
            List<string> lines =
            [
                .. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Where(static line => !Noise.Any(noise => line.Contains(noise, StringComparison.Ordinal)))
                    .Select(WithoutPrefix),
            ];
            var fatal = lines.FindIndex(
                line => line.Contains("FATAL:", StringComparison.Ordinal) || line.Contains("PANIC:", StringComparison.Ordinal));
            // What led to a FATAL stands before it, for example which setting is wrong.
            var first = fatal >= 0 ? Math.Max(0, fatal - (MostLines / 2)) : Math.Max(0, lines.Count - MostLines);
            return lines.GetRange(first, Math.Min(MostLines, lines.Count - first));
        }
        catch (IOException)
        {
            // The log is only quoted for convenience; without it the error still says what was attempted.
            return [];
        }
    }

    /// <summary>log_line_prefix is the administrator's own; the severity is PostgreSQL's (elog.c, error_severity).</summary>
    private static string WithoutPrefix(string line)
    {
        var at = Severities.Select(severity => line.IndexOf(severity, StringComparison.Ordinal)).Where(static found => found >= 0);
        return line[at.DefaultIfEmpty(0).Min()..];
    }
}
