namespace Howdah.Operations.FetchWal;

/// <summary>The answer to PostgreSQL's <c>restore_command</c>.</summary>
/// <param name="ExitCode">One of the three below.</param>
/// <param name="Message">For the server's log; null where all went well.</param>
/// <remarks>
/// PostgreSQL 11-18, xlogarchive.c, RestoreArchivedFile: 1 … 125 means "no such file", which ends recovery and promotes; above 125, or
/// death by a signal, stops the server. So 1 is said only with proof (design law 3), and everything else is above 125.
/// </remarks>
public sealed record FetchWalResult(int ExitCode, string? Message)
{
    /// <summary>The file is at its place, complete.</summary>
    public const int Fetched = 0;

    /// <summary>The repository was read, and it does not hold the file, and nothing says that it should.</summary>
    public const int Absent = 1;

    /// <summary>
    /// Anything else: the server must stop rather than take this for the end of the WAL. Not 255, which a shell's own failures
    /// use.
    /// </summary>
    public const int Failed = 253;

    internal static readonly FetchWalResult Done = new(Fetched, null);
}
