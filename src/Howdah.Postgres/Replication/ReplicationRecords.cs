using Howdah.Core.Wal;

namespace Howdah.Postgres.Replication;

/// <summary>Answer of IDENTIFY_SYSTEM.</summary>
/// <param name="SystemIdentifier">Equal on all copies of one cluster.</param>
/// <param name="Timeline">The server's current one.</param>
/// <param name="FlushPosition">How far WAL is flushed; on a standby, how far it was received or replayed.</param>
public sealed record SystemIdentification(SystemIdentifier SystemIdentifier, TimelineId Timeline, Lsn FlushPosition);

/// <summary>A timeline history file as the server holds it; the bytes are to be kept as they are.</summary>
public sealed record TimelineHistoryFile(TimelineId Timeline, string FileName, ReadOnlyMemory<byte> Content)
{
    /// <exception cref="FormatException">A line is malformed; the message names its number.</exception>
    public TimelineHistory Parse() => TimelineHistory.Parse(Timeline, System.Text.Encoding.UTF8.GetString(Content.Span));
}

/// <summary>How a physical slot is created.</summary>
/// <param name="ReserveWal">Keeps WAL from the redo point of the last checkpoint on, instead of from the first use.</param>
/// <param name="Temporary">Lives until the session ends, or until any error in it.</param>
public sealed record SlotOptions(bool ReserveWal = true, bool Temporary = false);

/// <summary>What READ_REPLICATION_SLOT tells.</summary>
public enum SlotExistence
{
    /// <summary>The server is older than 15 and cannot tell by this protocol.</summary>
    Unknown,
    Missing,
    Physical,
}

/// <summary>A slot as the server sees it.</summary>
/// <param name="Existence">Whether there is such a slot, as far as the version can tell.</param>
/// <param name="RestartLsn">From where WAL is kept; null where none is: never used, or invalidated.</param>
/// <param name="RestartTimeline">Timeline of <paramref name="RestartLsn"/>.</param>
public sealed record SlotPosition(SlotExistence Existence, Lsn? RestartLsn = null, TimelineId? RestartTimeline = null);

/// <summary>Where physical streaming begins.</summary>
/// <param name="Start">First byte that is wanted.</param>
/// <param name="Timeline">The timeline it is wanted from.</param>
/// <param name="Slot">The slot that is advanced by our flush reports; null uses none.</param>
public sealed record StartReplication(Lsn Start, TimelineId Timeline, string? Slot = null);

/// <summary>
/// A timeline has ended; the next one branches off at <paramref name="SwitchPoint"/>, which may be before what was received.
/// </summary>
public sealed record TimelineSwitch(TimelineId NextTimeline, Lsn SwitchPoint);

/// <summary>Either a stream, or the news that the wanted timeline ends exactly at the wanted position.</summary>
public sealed record StartReplicationResult(WalStream? Stream, TimelineSwitch? Switch);

/// <summary>What a receiver has done with the WAL; positions are "last byte + 1".</summary>
/// <param name="Write">Received and written.</param>
/// <param name="Flush">On disk. Moves the slot, also backwards; None leaves it alone and makes the receiver no synchronous standby.</param>
/// <param name="Apply">Report the flush position, or commits with synchronous_commit=remote_apply wait for ever.</param>
/// <param name="ReplyRequested">Asks the server for a keepalive at once.</param>
public readonly record struct StandbyStatus(Lsn Write, Lsn Flush, Lsn Apply, bool ReplyRequested = false);
