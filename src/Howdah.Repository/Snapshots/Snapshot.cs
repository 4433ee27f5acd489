namespace Howdah.Repository.Snapshots;

/// <summary>A complete base backup in the repository.</summary>
/// <param name="Record">What is known about it.</param>
/// <param name="Directory">Its directory.</param>
public sealed record Snapshot(SnapshotRecord Record, string Directory)
{
    public string Id => Record.Id;

    /// <summary>The copy of the data directory.</summary>
    public string DataDirectory => SnapshotLayout.Data(Directory);

    /// <summary>PostgreSQL's backup manifest; null where the server makes none.</summary>
    public string? ManifestPath => Record.Manifest is { } manifest ? Path.Combine(Directory, manifest) : null;

    public string TablespaceDirectory(uint oid) => SnapshotLayout.Tablespace(Directory, oid);
}
