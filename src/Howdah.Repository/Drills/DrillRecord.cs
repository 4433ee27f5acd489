using Howdah.Core.Wal;
using Howdah.Repository.Json;
using Howdah.Repository.Snapshots;

namespace Howdah.Repository.Drills;

/// <summary><c>drills/&lt;id&gt;.json</c>: what a restore into scratch proved, or where it failed. Written once.</summary>
public sealed record DrillRecord : ICheckedRecord
{
    internal const int CurrentFormat = 1;

    // Thirty years; what is printed as a TimeSpan must fit one.
    private const double LongestSeconds = 1e9;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>UTC time of the start: <c>20261123T091455</c>.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Null where the copy was restored and started; else what failed, in words.</summary>
    public string? Failure { get; init; }

    /// <summary>Null where the query was answered or none was asked; else what the server said of it. The copy itself was there.</summary>
    public string? QueryFailure { get; init; }

    /// <summary>
    /// The query belongs to the proof, so its failure is one of the drill: the cluster file's query, and our own. One that somebody typed
    /// does not: a slip of the pen says nothing of the backups.
    /// </summary>
    public bool QueryIsProof { get; init; }

    /// <summary>Null where not even a plan was found.</summary>
    public string? Snapshot { get; init; }

    public SystemIdentifier? System { get; init; }

    public TimelineId? Timeline { get; init; }

    /// <summary>The end of the last record that was replayed.</summary>
    public Lsn? ReachedLsn { get; init; }

    /// <summary>Commit time of the last transaction that was replayed; null where there was none.</summary>
    public DateTimeOffset? ReachedTime { get; init; }

    /// <summary>Bytes restored.</summary>
    public long Bytes { get; init; }

    /// <summary>Pages whose checksum was computed; 0 where the database keeps none.</summary>
    public long PagesChecked { get; init; }

    public long ChecksumFailureCount { get; init; }

    /// <summary>The first of them, at most <see cref="SnapshotRecord.MostListedFailures"/>.</summary>
    public IReadOnlyList<SnapshotChecksumFailure> ChecksumFailures { get; init => field = value ?? []; } = [];

    public string? Query { get; init; }

    /// <summary>The first row of the query's answer as JSON, at most 1024 characters.</summary>
    public string? Answer { get; init; }

    /// <summary>Choosing snapshot and WAL.</summary>
    public double PlanSeconds { get; init; }

    /// <summary>Copying and verifying the snapshot.</summary>
    public double CopySeconds { get; init; }

    /// <summary>From starting the server to its first moment as a primary.</summary>
    public double RecoverySeconds { get; init; }

    public double QuerySeconds { get; init; }

    /// <summary>Stopping the server and checking its pages.</summary>
    public double CheckSeconds { get; init; }

    /// <summary>From the start to the answer of the query: how long a real restore takes until users are back.</summary>
    public double SecondsToAnswer => PlanSeconds + CopySeconds + RecoverySeconds + QuerySeconds;

    string? ICheckedRecord.FindProblem()
    {
        foreach (var (name, seconds) in new[]
        {
            ("planSeconds", PlanSeconds), ("copySeconds", CopySeconds), ("recoverySeconds", RecoverySeconds),
            ("querySeconds", QuerySeconds), ("checkSeconds", CheckSeconds),
        })
        {
            // Not a number is no less than it, either.
            if (!(Math.Abs(seconds) <= LongestSeconds))
                return $"{name} is no number of seconds up to {LongestSeconds:0}";
        }

        return ChecksumFailures.Contains(null!) ? "checksumFailures has a null in it" : null;
    }

    public bool Succeeded() => WhatFailed() is null;

    /// <summary>What speaks against the backups, in words; null where nothing does.</summary>
    public string? WhatFailed() =>
        Failure
        ?? (ChecksumFailureCount > 0 ? $"{ChecksumFailureCount} pages do not match their checksums" : null)
        ?? (QueryIsProof && QueryFailure is not null ? $"the copy was restored, and the query failed: {QueryFailure}" : null);
}
