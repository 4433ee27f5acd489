using Howdah.Core.Wal;

namespace Howdah.Operations.FetchWal;

/// <summary>
/// What <c>howdah wal fetch</c> is told by its arguments; no configuration file is read, so that it starts at once and anywhere.
/// </summary>
/// <param name="Repository">The repository's directory.</param>
/// <param name="System">Whose WAL: that of any other system is refused.</param>
public sealed record FetchWalOptions(string Repository, SystemIdentifier System)
{
    /// <summary>
    /// The timeline that recovery follows. With it, WAL that an ancestor wrote after the fork is never served, and what is not on the
    /// way counts as absent. Null: every timeline is served as it is.
    /// </summary>
    public TimelineId? Timeline { get; init; }

    /// <summary>
    /// The WAL ends here for this recovery, whatever is held: nothing from here on is served
    /// (<see cref="Howdah.Core.Restore.RestorePlan.ReplayEndsAt"/>).
    /// </summary>
    public Lsn? EndsAt { get; init; }

    /// <summary>
    /// The server is a standby: it never promotes because WAL ends, and can get from its primary what is missing here. Gaps then
    /// count as absent.
    /// </summary>
    public bool AsStandby { get; init; }

    /// <summary>How long failures of the storage are retried before giving up: longer than a network filesystem's usual hiccup.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(60);
}
