namespace Howdah.Core.Wal;

/// <summary>
/// What a server has confirmed of the WAL that is held: at <paramref name="Until"/> it had none on disk beyond <paramref name="Lsn"/>.
/// </summary>
/// <param name="Timeline">The timeline that it wrote then.</param>
/// <param name="Lsn">The end of its WAL; all of it is held.</param>
/// <param name="Until">By the server's clock, as the times of commits are.</param>
/// <remarks>
/// Without it nobody can tell an idle server from one whose last commits did not arrive, since the WAL itself knows of no moment later
/// than its last commit.
/// </remarks>
public sealed record WalCompleteness(TimelineId Timeline, Lsn Lsn, DateTimeOffset Until)
{
    /// <summary>Whether it says something of the way along <paramref name="path"/> of which WAL is held up to
    /// <paramref name="reach"/>.</summary>
    public bool Covers(TimelineHistory path, Lsn reach) => Lsn <= reach && path.Contains(Timeline, Lsn);
}
