using Howdah.Core.Wal;

namespace Howdah.Core.Restore;

/// <summary>What the planner knows about a snapshot.</summary>
/// <param name="Id">Its name.</param>
/// <param name="System">Whose it is.</param>
/// <param name="StopTimeline">The timeline on which it became consistent.</param>
public sealed record RestorableSnapshot(string Id, SystemIdentifier System, TimelineId StopTimeline)
{
    /// <summary>The WAL store that belongs to it.</summary>
    public required string Lineage { get; init; }

    public required TimelineId StartTimeline { get; init; }

    /// <summary>Where recovery begins.</summary>
    public required Lsn StartLsn { get; init; }

    /// <summary>Before this nothing can be a target.</summary>
    public required Lsn StopLsn { get; init; }

    public required DateTimeOffset StoppedAt { get; init; }

    public required long Bytes { get; init; }

    /// <summary>OIDs of its tablespaces.</summary>
    public IReadOnlyList<uint> Tablespaces { get; init; } = [];

    /// <summary>No page failed its checksum.</summary>
    public bool IsClean { get; init; } = true;
}
