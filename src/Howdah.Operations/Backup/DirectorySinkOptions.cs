using Howdah.Postgres.Replication;

namespace Howdah.Operations.Backup;

/// <summary>Where a plain backup is put.</summary>
public sealed record DirectorySinkOptions
{
    /// <summary>Must not exist, or be empty.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where <c>backup_manifest</c> goes; by default into the data directory, as pg_basebackup does.</summary>
    public string? ManifestPath { get; init; }

    /// <summary>
    /// Gives each tablespace a directory, which must not exist or be empty; null refuses it. The default refuses all: a backup never
    /// writes to a place that nobody named.
    /// </summary>
    public Func<TablespaceInfo, string?> LocateTablespace { get; init; } = static _ => null;

    /// <summary>False skips forcing everything to disk at the end: for copies that may be lost with the machine's power.</summary>
    public bool Sync { get; init; } = true;
}
