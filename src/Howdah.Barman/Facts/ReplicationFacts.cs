using Howdah.Core.Wal;

namespace Howdah.Barman.Facts;

/// <summary>Who streams from one server (<c>pg_stat_replication</c>).</summary>
/// <param name="CurrentLsn">The server's own position; null on a standby.</param>
/// <param name="Clients">In the order of Barman: by synchronous state, then by priority.</param>
internal sealed record ReplicationFacts(Lsn? CurrentLsn, IReadOnlyList<ReplicationClient> Clients);

/// <summary>One row of <c>pg_stat_replication</c> with its slot.</summary>
internal sealed record ReplicationClient
{
    public string ApplicationName { get; init; } = "";

    public string UserName { get; init; } = "";

    /// <summary>Null where it came through a Unix-domain socket.</summary>
    public string? Address { get; init; }

    public int? Port { get; init; }

    public string? HostName { get; init; }

    /// <summary>startup, catchup, streaming, backup, stopping.</summary>
    public string State { get; init; } = "";

    /// <summary>async, potential, sync, quorum.</summary>
    public string SyncState { get; init; } = "async";

    public int SyncPriority { get; init; }

    public string? SlotName { get; init; }

    public int ProcessId { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The oldest transaction that it needs; null where it does not say.</summary>
    public string? Xmin { get; init; }

    public Lsn? Sent { get; init; }

    public Lsn? Written { get; init; }

    public Lsn? Flushed { get; init; }

    /// <summary>Null for a client that only stores WAL.</summary>
    public Lsn? Replayed { get; init; }

    public bool IsStandby => Replayed is not null;
}

/// <summary>Which clients to show.</summary>
internal enum ReplicationTarget
{
    All,
    HotStandby,
    WalStreamer,
}
