using Howdah.Cluster.Trust;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;

namespace Howdah.Cluster.Supervision;

public enum Verdict
{
    /// <summary>Not observed: never shown as good.</summary>
    Unknown,
    Good,
    Bad,
}

/// <summary>
/// The one screen. Every figure was observed at <see cref="At"/> unless it carries its own time.
/// </summary>
public sealed record ClusterStatus
{
    public required string Cluster { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Protected: every standby and the receiver follow, a snapshot is there, and a drill has proven it.</summary>
    public required Verdict Protected { get; init; }

    /// <summary>What that verdict consists of.</summary>
    public required IReadOnlyList<ProtectionCheck> Checks { get; init; }

    /// <summary>All is as the cluster file wants it, be that protected or not.</summary>
    public bool IsAsWanted => Checks.All(check => check.Verdict == Verdict.Good || check.IsByChoice);

    /// <summary>Why it is not; empty where it is.</summary>
    public IReadOnlyList<string> Reasons => [.. Checks.Select(check => check.Reason).OfType<string>()];

    /// <summary>What is well now, and will not be if nobody does anything; empty where there is nothing of the kind.</summary>
    public IReadOnlyList<string> Warnings => [.. Checks.Select(check => check.Warning).OfType<string>()];

    /// <summary>Since when it has been, as far as it was watched; null where it is not.</summary>
    public DateTimeOffset? ProtectedSince { get; init; }

    /// <summary>Bytes of WAL on the primary's disk and on no other host; null where unknown.</summary>
    public long? WouldLoseBytes { get; init; }

    public required IReadOnlyList<NodeStatus> Nodes { get; init; }

    public required BackupStatus Backup { get; init; }

    /// <summary>The machines, in the order of the cluster file.</summary>
    public IReadOnlyList<HostStatus> Hosts { get; init; } = [];

    /// <summary>The process that runs <c>up</c>; null where none does.</summary>
    public int? SupervisorProcessId { get; init; }
}

/// <summary>One machine.</summary>
/// <param name="Name">As in the cluster file.</param>
/// <param name="Age">How old what is known of it is, by our clock; null where nothing is known.</param>
/// <param name="Problem">Why it cannot be seen now, or why its agent does not answer; null where all is well with both.</param>
public sealed record HostStatus(string Name, TimeSpan? Age, string? Problem)
{
    public bool IsSeen => Age is not null && Problem is null;

    /// <summary>Revision of the cluster file that it goes by; null on one machine, and where it is not known.</summary>
    public long? Revision { get; init; }

    /// <summary>As of <see cref="Age"/> ago; null on one machine, and where nothing is known of it.</summary>
    public HostCertificate? Certificate { get; init; }
}

/// <summary>One node.</summary>
public sealed record NodeStatus(string Name, string Address, int Port, ServerState State)
{
    /// <summary>Null where it did not answer.</summary>
    public bool? IsPrimary { get; init; }

    public required Verdict Verdict { get; init; }

    /// <summary>What is wrong, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>Exact version, for example 15.18; null where it did not answer.</summary>
    public string? Version { get; init; }

    public TimelineId? Timeline { get; init; }

    /// <summary>Newest WAL flushed (primary) or replayed (standby).</summary>
    public Lsn? Position { get; init; }

    /// <summary>For a standby: <c>streaming</c> or what pg_stat_replication says; null where the primary does not know it.</summary>
    public string? Streaming { get; init; }

    /// <summary>async, potential, sync, quorum.</summary>
    public string? SyncState { get; init; }

    /// <summary>Bytes that the primary has on disk and this standby has not; null where unknown or not a standby.</summary>
    public long? FlushLagBytes { get; init; }

    /// <summary>Bytes behind the primary in replay; null where unknown or not a standby.</summary>
    public long? ReplayLagBytes { get; init; }

    /// <summary>What is left on the fullest of its disks; null where unknown.</summary>
    public long? DiskFreeBytes { get; init; }
}

/// <summary>The backup host.</summary>
public sealed record BackupStatus(string Name)
{
    public required Verdict Verdict { get; init; }

    public string? Problem { get; init; }

    /// <summary>What pg_stat_replication says of the receiver.</summary>
    public string? Streaming { get; init; }

    public string? SyncState { get; init; }

    /// <summary>WAL that the receiver has made durable.</summary>
    public Lsn? Flushed { get; init; }

    public long? LagBytes { get; init; }

    /// <summary>What is left on the repository's disk; null where unknown.</summary>
    public long? DiskFreeBytes { get; init; }

    /// <summary>Clean ones; null where the repository could not be read.</summary>
    public int? Snapshots { get; init; }

    /// <summary>What can be restored was looked at; where not, the moments are null and nothing is said of them.</summary>
    public bool IsWindowKnown { get; init; }

    /// <summary>End of the oldest clean snapshot that leads to the newest WAL: from there on any moment can be restored. Null where none
    /// does.</summary>
    public DateTimeOffset? RestorableFrom { get; init; }

    /// <summary>Up to when: the last moment at which the primary had confirmed that all of its WAL is received; null where that is not
    /// known. Any moment from the one to the other, both included, is accepted as a target.</summary>
    public DateTimeOffset? RestorableTo { get; init; }

    /// <summary>How long ago that was, by our own clock: the moment itself is by the primary's, and what is known of the difference is
    /// taken off. Never below zero.</summary>
    public TimeSpan? RestorableToAge { get; init; }

    /// <summary>From when on moments can be restored only up to where a tablespace was made, before <see cref="RestorableFrom"/>; null
    /// where there are none such.</summary>
    public DateTimeOffset? PartlyRestorableFrom { get; init; }

    public DateTimeOffset? LastBackupAt { get; init; }

    public int Gaps { get; init; }

    public DateTimeOffset? LastDrillAt { get; init; }

    public TimeSpan? LastDrillTook { get; init; }

    public bool? LastDrillSucceeded { get; init; }

    /// <summary>The copy of the last drill was there, and did not answer what it was asked.</summary>
    public bool LastDrillQueryFailed { get; init; }
}
