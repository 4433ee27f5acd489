using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>Where receiving goes on.</summary>
/// <param name="Timeline">The timeline to ask for.</param>
/// <param name="Start">First byte of a segment.</param>
/// <param name="Held">Up to here the bytes are on our disk; from there on a gap would begin. At least <paramref name="Start"/>.</param>
internal readonly record struct ReceiverPosition(TimelineId Timeline, Lsn Start, Lsn Held);
