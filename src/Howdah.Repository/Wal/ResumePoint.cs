using Howdah.Core.Wal;

namespace Howdah.Repository.Wal;

/// <summary>Where receiving must go on so that nothing is skipped (design law 2).</summary>
/// <param name="Timeline">The timeline to ask for; the server names the next one when this one has ended.</param>
/// <param name="Start">Always the first byte of a segment.</param>
/// <param name="Unfinished">The segment whose <c>.partial</c> exists and begins at <paramref name="Start"/>; it is written again
/// from its start.</param>
public readonly record struct ResumePoint(TimelineId Timeline, Lsn Start, WalSegment? Unfinished);
