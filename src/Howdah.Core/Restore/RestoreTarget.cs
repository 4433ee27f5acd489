using Howdah.Core.Wal;

namespace Howdah.Core.Restore;

/// <summary>What ends recovery.</summary>
public enum RestoreTargetKind
{
    /// <summary>All WAL there is on the way to the chosen timeline's end.</summary>
    Latest,

    /// <summary>The first moment at which the snapshot is consistent.</summary>
    Immediate,

    /// <summary>A moment in time, compared with the commit times in the WAL.</summary>
    Time,

    /// <summary>A WAL position.</summary>
    Lsn,

    /// <summary>A transaction's end.</summary>
    Xid,

    /// <summary>A restore point made with <c>pg_create_restore_point</c>; the first of that name after the snapshot.</summary>
    Name,
}

/// <summary>What the server does at the target.</summary>
public enum RecoveryAction
{
    /// <summary>Stays read-only and waits for <c>pg_wal_replay_resume()</c>. PostgreSQL's default.</summary>
    Pause,

    /// <summary>Begins a new timeline and accepts writes.</summary>
    Promote,

    /// <summary>Stops, ready to be started again with another, later target.</summary>
    Shutdown,
}

/// <summary>Which timeline recovery follows.</summary>
/// <param name="Number">The timeline; null for the two words.</param>
/// <param name="IsCurrent">The one that the snapshot was taken on.</param>
public readonly record struct TimelineChoice(TimelineId? Number, bool IsCurrent)
{
    /// <summary>The newest timeline in the repository. The default.</summary>
    public static readonly TimelineChoice Latest;

    public static readonly TimelineChoice Current = new(null, IsCurrent: true);

    public static TimelineChoice Of(TimelineId timeline) => new(timeline, IsCurrent: false);

    public override string ToString() => Number?.ToString() ?? (IsCurrent ? "current" : "latest");
}

/// <summary>A place in the WAL of one timeline.</summary>
public readonly record struct WalLocation(TimelineId Timeline, Lsn Lsn);

/// <summary>Where a restore shall end. Exactly the value that belongs to <see cref="Kind"/> is set.</summary>
public sealed record RestoreTarget
{
    /// <summary>The newest reachable moment on the newest timeline.</summary>
    public static readonly RestoreTarget Latest = new();

    public RestoreTargetKind Kind { get; init; }

    public DateTimeOffset? Time { get; init; }

    public Lsn? Lsn { get; init; }

    /// <summary>A 32-bit transaction id as the server prints it (with epoch or without).</summary>
    public ulong? Xid { get; init; }

    public string? Name { get; init; }

    /// <summary>Whether the target itself is replayed; for time, LSN and transaction. PostgreSQL's default: yes.</summary>
    public bool Inclusive { get; init; } = true;

    public TimelineChoice Timeline { get; init; }

    /// <summary>At the target; without one recovery always promotes when the WAL ends.</summary>
    public RecoveryAction Action { get; init; }

    /// <summary>Where the WAL was found to hold the target, for times, transactions and names; null where nobody has looked.</summary>
    public WalLocation? FoundAt { get; init; }

    /// <summary>The WAL on the way was read to its end: where <see cref="FoundAt"/> is null, it does not hold the target.</summary>
    public bool WasLookedFor { get; init; }

    /// <summary>
    /// Start of the last record that is held behind the snapshot; looked up for a time that no transaction ended after. Null where none
    /// is held, or nobody has looked.
    /// </summary>
    public Lsn? LastRecord { get; init; }

    public override string ToString() => Kind switch
    {
        RestoreTargetKind.Time => $"time {Time:yyyy-MM-dd HH:mm:ss.ffffffK}",
        RestoreTargetKind.Lsn => $"LSN {Lsn}",
        RestoreTargetKind.Xid => $"transaction {Xid}",
        RestoreTargetKind.Name => $"restore point '{Name}'",
        RestoreTargetKind.Immediate => "the end of the snapshot",
        _ => "the newest moment",
    };
}
