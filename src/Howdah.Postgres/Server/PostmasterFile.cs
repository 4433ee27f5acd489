using System.Globalization;

namespace Howdah.Postgres.Server;

/// <summary>What a postmaster says of itself in the last line of postmaster.pid.</summary>
public enum PostmasterStatus
{
    /// <summary>The line is not there yet, or holds a word we do not know.</summary>
    Unknown,
    Starting,
    Stopping,

    /// <summary>Accepts connections, as a primary or as a hot standby.</summary>
    Ready,

    /// <summary>In recovery, and closed to clients because hot_standby is off.</summary>
    Standby,
}

/// <summary>
/// <c>postmaster.pid</c>: written by a running server into its data directory, left behind when it is killed.
/// </summary>
/// <remarks>Lines: PostgreSQL 11-18, src/include/utils/pidfile.h.</remarks>
public sealed record PostmasterFile(int ProcessId, string DataDirectory)
{
    public const string FileName = "postmaster.pid";

    /// <summary>Start of the postmaster, seconds since 1970; null until written.</summary>
    public long? StartTime { get; init; }

    public int? Port { get; init; }

    /// <summary>First Unix socket directory; null where there is none.</summary>
    public string? SocketDirectory { get; init; }

    /// <summary>First TCP address that it listens on, <c>*</c> for all; null where there is none.</summary>
    public string? ListenAddress { get; init; }

    public PostmasterStatus Status { get; init; }

    /// <summary>
    /// Reads the file's text; null where it has no process id yet. A negative id (a single-user backend) is made positive.
    /// </summary>
    public static PostmasterFile? Parse(string text)
    {
        var lines = text.Split('\n');
        if (!int.TryParse(lines[0].Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pid)
            || pid is 0 or int.MinValue)
            return null;
        return new PostmasterFile(Math.Abs(pid), Line(lines, 1) ?? string.Empty)
        {
            StartTime = long.TryParse(Line(lines, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start : null,
            Port = int.TryParse(Line(lines, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null,
            SocketDirectory = Line(lines, 4),
            ListenAddress = Line(lines, 5),
            Status = Line(lines, 7) switch
            {
                "starting" => PostmasterStatus.Starting,
                "stopping" => PostmasterStatus.Stopping,
                "ready" => PostmasterStatus.Ready,
                "standby" => PostmasterStatus.Standby,
                _ => PostmasterStatus.Unknown,
            },
        };
    }

    /// <summary>Reads it from a data directory; null where there is none.</summary>
    public static PostmasterFile? Read(string dataDirectory)
    {
        try
        {
            return Parse(File.ReadAllText(Path.Combine(dataDirectory, FileName)));
        }
        catch (Exception absence) when (absence is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string? Line(string[] lines, int index) =>
        index < lines.Length && lines[index].Trim() is { Length: > 0 } line ? line : null;
}
