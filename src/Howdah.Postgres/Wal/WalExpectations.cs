using Howdah.Core.Wal;

namespace Howdah.Postgres.Wal;

/// <summary>What the caller knows about the WAL to check; what is null is taken from the WAL itself and must then be constant.</summary>
public sealed record WalExpectations
{
    public static readonly WalExpectations None = new();

    /// <summary>The database system that the WAL must belong to.</summary>
    public SystemIdentifier? System { get; init; }

    /// <summary>The major version that must have written it, 11 to 18.</summary>
    public int? Major { get; init; }

    /// <summary>
    /// The history of the segment's timeline; with it, each page must carry exactly the timeline that owns its first byte.
    /// Without it, timelines may only not decrease and not exceed the segment's.
    /// </summary>
    public TimelineHistory? History { get; init; }
}
