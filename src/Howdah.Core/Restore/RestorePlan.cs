using Howdah.Core.Wal;

namespace Howdah.Core.Restore;

/// <summary>What is asked of the planner.</summary>
public sealed record RestoreRequest(IReadOnlyList<RestorableSnapshot> Snapshots, WalLedger Ledger, RestoreTarget Target)
{
    /// <summary>Only this snapshot may be used; null lets the planner choose.</summary>
    public string? SnapshotId { get; init; }

    /// <summary>What is known of tablespaces that replay would make at places that are not this restore's: no plan replays any of
    /// them.</summary>
    public IReadOnlyList<TablespaceCreation> ForeignTablespaces { get; init; } = [];
}

/// <summary>A plan, or why there is none.</summary>
/// <param name="Plan">Null where the target cannot be reached.</param>
/// <param name="Refusals">Every reason that was met; empty where there is a plan.</param>
public sealed record RestorePlanning(RestorePlan? Plan, IReadOnlyList<RestoreRefusal> Refusals);

/// <summary>How to reach a target.</summary>
/// <param name="Snapshot">Where to begin.</param>
/// <param name="Target">Where to end.</param>
/// <param name="Path">The timeline to follow, with its ancestors: the proof that the snapshot leads to the target.</param>
public sealed record RestorePlan(RestorableSnapshot Snapshot, RestoreTarget Target, TimelineHistory Path)
{
    /// <summary>The WAL that recovery reads, piece by piece in the order of its timelines.</summary>
    public required IReadOnlyList<WalPiece> Wal { get; init; }

    /// <summary>WAL files that recovery reads.</summary>
    public required long Segments { get; init; }

    /// <summary>The position that is reached. Exact for LSN, immediate and located targets; an upper bound for the others.</summary>
    public required Lsn ReachedLsn { get; init; }

    /// <summary>
    /// The moment that is reached; for the newest, the one until which a server has confirmed that all it had committed is held. Null
    /// where nobody can tell.
    /// </summary>
    public DateTimeOffset? ReachedTime { get; init; }

    /// <summary>
    /// When the last transaction before <see cref="ReachedLsn"/> ended, by the server's clock; null where the WAL was not read or holds
    /// none.
    /// </summary>
    public DateTimeOffset? LastTransaction { get; init; }

    /// <summary>What the repository lacks on the way to the timeline's end, beyond what recovery reads; in the order of its
    /// timelines.</summary>
    public IReadOnlyList<WalPiece> Missing { get; init; } = [];

    /// <summary>
    /// Recovery must take the WAL to end here, because what follows is missing or damaged though later WAL exists. Null where the WAL
    /// simply ends.
    /// </summary>
    public Lsn? EndsAtGap { get; init; }

    /// <summary>What of the WAL on the way is damaged, in words, where that is why recovery ends at <see cref="EndsAtGap"/>; else
    /// null.</summary>
    public string? Damage { get; init; }

    /// <summary>
    /// Recovery must not read WAL from here on, even if more arrives: the plan knows nothing about it. Null where recovery stops by
    /// itself at its target.
    /// </summary>
    public Lsn? ReplayEndsAt { get; init; }

    /// <summary>Tablespaces that replay makes at their original places, with the operator's consent.</summary>
    public IReadOnlyList<TablespaceCreation> TablespacesMade { get; init; } = [];

    /// <summary>
    /// Where recovery is told to stop, if not by the target's own words: PostgreSQL stops at a time only where a later transaction is
    /// there to stop before, and else fails (13 and later) or goes on to whatever arrives.
    /// </summary>
    public RestoreTarget? StopsAt { get; init; }

    /// <summary>What the operator should know before he says yes.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Bytes of WAL from the first position read to the last.</summary>
    public ulong WalBytes => Wal.Aggregate(0UL, static (sum, piece) => sum + piece.Range.Length);
}

/// <summary>A stretch of one timeline's WAL.</summary>
public readonly record struct WalPiece(TimelineId Timeline, LsnRange Range);

/// <summary>Why a snapshot, or all of them, cannot lead to a target.</summary>
public enum RestoreRefusalKind
{
    NoSnapshot,
    ForeignSnapshot,
    TimelineUnknown,
    HistoryMissing,
    NotAnAncestor,
    WalMissing,
    TargetBeforeSnapshot,
    TargetBeyondWal,
    TargetNotOnTimeline,
    TargetNotFound,

    /// <summary>Replay would make a tablespace at a place that may be the original's.</summary>
    ForeignTablespace,
}

/// <summary>One reason against one snapshot.</summary>
/// <param name="Kind">The kind of reason.</param>
/// <param name="SnapshotId">Null where the reason holds for all.</param>
/// <param name="Message">In words; lower case, no full stop.</param>
/// <param name="Missing">The WAL that is missing, where that is the reason.</param>
public sealed record RestoreRefusal(RestoreRefusalKind Kind, string? SnapshotId, string Message, WalPiece? Missing = null);
