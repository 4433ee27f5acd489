using Howdah.Cluster.Observation;
using Howdah.Core.Wal;

namespace Howdah.Cluster.Supervision;

public enum SlotStanding
{
    /// <summary>In the cluster file, and there.</summary>
    Wanted,

    /// <summary>In the cluster file, and not there.</summary>
    Missing,

    /// <summary>There, and of no node of ours: somebody else's or left over.</summary>
    Foreign,
}

/// <summary>What becomes of a slot, as it goes now.</summary>
public enum SlotOutlook
{
    /// <summary>Not there, or the primary's position was not seen twice.</summary>
    Unknown,

    /// <summary>Its follower takes WAL as fast as it is written.</summary>
    KeepsUp,

    /// <summary>It keeps more and more.</summary>
    FallsBehind,

    /// <summary>Nobody takes its WAL, and none is written just now.</summary>
    Quiet,

    /// <summary>No budget ends it: it keeps WAL until the disk is full.</summary>
    NoLimit,

    /// <summary>The server has given it up.</summary>
    Lost,
}

/// <param name="Slots">Of the primary.</param>
/// <param name="Ages">How old what is known of each host is.</param>
public sealed record SlotList(IReadOnlyList<SlotReport> Slots, IReadOnlyList<HostAge> Ages);

/// <summary>One replication slot of the primary.</summary>
public sealed record SlotReport(string Name, SlotStanding Standing)
{
    /// <summary>The node or backup host it keeps WAL for; null for a foreign one.</summary>
    public string? Owner { get; init; }

    public string? Reason { get; init; }

    /// <summary>Somebody streams through it now.</summary>
    public bool IsActive { get; init; }

    /// <summary>Start of the WAL it keeps; null where it keeps none.</summary>
    public Lsn? RestartLsn { get; init; }

    /// <summary>Bytes of WAL that it keeps.</summary>
    public long? RetainedBytes { get; init; }

    /// <summary><c>reserved</c>, <c>extended</c>, <c>unreserved</c>, <c>lost</c>; null before 13.</summary>
    public string? WalStatus { get; init; }

    /// <summary>Bytes that may yet be written before WAL of this slot can be removed (13 and later, with a budget).</summary>
    public long? SafeWalBytes { get; init; }

    public SlotOutlook Outlook { get; init; }

    /// <summary>
    /// Until the budget is used up. For a slot that falls behind: as fast as it does; for one that keeps up: at the present rate of WAL, if
    /// its follower stopped now. Null where there is no budget, or nothing is written.
    /// </summary>
    public TimeSpan? TimeToTrouble { get; init; }
}
