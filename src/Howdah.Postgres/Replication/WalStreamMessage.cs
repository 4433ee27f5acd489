using Howdah.Core.Wal;

namespace Howdah.Postgres.Replication;

public enum WalStreamMessageKind
{
    /// <summary>WAL bytes.</summary>
    Data,

    /// <summary>The server lives; it may ask for a status.</summary>
    KeepAlive,

    /// <summary>The timeline ends; the stream is over and the connection ready for the next command.</summary>
    EndOfTimeline,

    /// <summary>The server shuts down and has sent everything; the connection is over.</summary>
    ServerShutdown,

    /// <summary>Reading was stopped from our side (<see cref="WalStream.StopReading"/>).</summary>
    Stopped,
}

/// <summary>One message of a WAL stream.</summary>
/// <param name="Kind">Says which of the others count.</param>
/// <param name="Start">Data: position of the first byte.</param>
/// <param name="Bytes">Data: the file's content at that position, up to 128 KiB, possibly across a segment's end. Valid until the
/// next read.</param>
/// <param name="ServerWalEnd">Data, KeepAlive: how far the server has WAL. Not the end of this message, and never to be
/// acknowledged.</param>
/// <param name="ReplyRequested">KeepAlive: a status is wanted at once; flush first, or the server's shutdown hangs.</param>
/// <param name="ServerTime">Data, KeepAlive: when it was sent, by the server's clock; null where that lies outside the years 1 to
/// 9999.</param>
/// <param name="Switch">EndOfTimeline: where to go on.</param>
public readonly record struct WalStreamMessage(
    WalStreamMessageKind Kind,
    Lsn Start = default,
    ReadOnlyMemory<byte> Bytes = default,
    Lsn ServerWalEnd = default,
    bool ReplyRequested = false,
    DateTimeOffset? ServerTime = null,
    TimelineSwitch? Switch = null)
{
    /// <summary>Data: the position after the last byte.</summary>
    public Lsn End => Start + (ulong)Bytes.Length;
}
