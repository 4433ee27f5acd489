using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Repository.Snapshots;

namespace Howdah.Operations.Backup;

/// <summary>One backup to take into a repository.</summary>
public sealed record BackupRequest
{
    /// <summary>The server, and a role with REPLICATION.</summary>
    public required ConnectionSettings Connection { get; init; }

    public required SnapshotCatalogue Snapshots { get; init; }

    /// <summary>Says when the WAL is there.</summary>
    public required IWalArrival Wal { get; init; }

    /// <summary>The id of the WAL store that the WAL goes to.</summary>
    public required string Lineage { get; init; }

    /// <summary>Refuses any other system.</summary>
    public required SystemIdentifier System { get; init; }

    /// <summary>A database that the same role may connect to: it tells the names of tablespaces.</summary>
    public required string Database { get; init; }

    /// <summary>The cluster's name, for the record.</summary>
    public string? Cluster { get; init; }

    /// <summary>The node's name, for the record.</summary>
    public string? Source { get; init; }

    /// <summary>The user's words; null is none.</summary>
    public string? Label { get; init; }

    /// <summary>Checkpoint at once instead of spread over minutes.</summary>
    public bool FastCheckpoint { get; init; } = true;

    /// <summary>Called once with the unfinished snapshot, before the server is asked for anything.</summary>
    public Action<SnapshotDraft>? Began { get; init; }

    /// <summary>Bytes per second; null is unlimited.</summary>
    public ByteSize? RateLimit { get; init; }
}
