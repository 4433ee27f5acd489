using Howdah.Repository.Wal;

namespace Howdah.Repository;

/// <summary>What a repository needs from outside.</summary>
public sealed record RepositoryOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Finds the valid end of an unfinished segment. Null: unfinished segments count as empty, which is safe but hides the newest WAL.
    /// </summary>
    public PartialFrontierReader? PartialFrontier { get; init; }
}
