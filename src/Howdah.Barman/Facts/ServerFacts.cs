using Howdah.Core.Wal;
using Howdah.Postgres.Versions;

namespace Howdah.Barman.Facts;

/// <summary>Everything that <c>check</c> and <c>status</c> look at, observed at one moment.</summary>
internal sealed record ServerFacts
{
    public required ServerPolicy Policy { get; init; }

    /// <summary>When this was observed, in the local time zone.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What PostgreSQL answered over SQL.</summary>
    public required Observed<PostgresFacts> Postgres { get; init; }

    /// <summary>What PostgreSQL answered on a replication connection.</summary>
    public required Observed<StreamingFacts> Streaming { get; init; }

    /// <summary>The slot that the receiver uses.</summary>
    public required Observed<SlotFacts> Slot { get; init; }

    public required Observed<ReceiverFacts> Receiver { get; init; }

    public required Observed<CatalogueFacts> Catalogue { get; init; }

    public string Name => Policy.Name;
}

/// <summary>What the configuration says about one server.</summary>
/// <param name="Name">Barman's server name: the cluster's.</param>
internal sealed record ServerPolicy(string Name)
{
    public string Description { get; init; } = "";

    /// <summary>The slot of the receiver.</summary>
    public string SlotName { get; init; } = "";

    /// <summary>Fewest complete backups to keep, 0 and up.</summary>
    public int MinimumRedundancy { get; init; }

    /// <summary>Highest age of the newest backup; null for any.</summary>
    public TimeSpan? LastBackupMaximumAge { get; init; }

    /// <summary>Lowest size of the newest backup in bytes; null for any.</summary>
    public long? LastBackupMinimumSize { get; init; }

    /// <summary>Highest age of the newest WAL segment after the newest backup; null for any.</summary>
    public TimeSpan? LastWalMaximumAge { get; init; }

    /// <summary>The retention policy in Barman's words; null where none is enforced.</summary>
    public string? RetentionPolicy { get; init; }
}

/// <summary>What PostgreSQL answered over SQL.</summary>
internal sealed record PostgresFacts(PostgresVersion Version)
{
    public bool IsInRecovery { get; init; }

    /// <summary>May call the functions that a backup needs.</summary>
    public bool HasBackupPrivileges { get; init; }

    public string WalLevel { get; init; } = "";

    /// <summary>The segment being written; null on a standby.</summary>
    public string? CurrentSegment { get; init; }

    /// <summary>Bytes in all databases; null where the role may not know.</summary>
    public long? CurrentSize { get; init; }

    /// <summary>Null where the role may not know.</summary>
    public string? DataDirectory { get; init; }

    public SystemIdentifier SystemIdentifier { get; init; }
}

/// <summary>What PostgreSQL answered on a replication connection.</summary>
internal sealed record StreamingFacts(SystemIdentifier SystemIdentifier);

/// <summary>The receiver's slot on the primary.</summary>
internal sealed record SlotFacts
{
    public bool Exists { get; init; }

    public bool IsActive { get; init; }

    /// <summary>True once WAL is held back for it.</summary>
    public bool HasRestartLsn { get; init; }

    /// <summary>Why the server no longer honours it (<c>wal_status</c> lost, <c>invalidation_reason</c>); null where it does.</summary>
    public string? Invalidation { get; init; }
}

/// <summary>The WAL receiver.</summary>
internal sealed record ReceiverFacts
{
    /// <summary>True where a process is alive, connected, and heard from the server in time.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>What is wrong, and what to do; null where it streams.</summary>
    public string? Problem { get; init; }
}
