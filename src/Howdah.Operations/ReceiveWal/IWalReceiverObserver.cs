using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

public enum WalReceiverEventKind
{
    Connected,

    /// <summary>The stream ended or an attempt failed; another follows.</summary>
    Disconnected,
    SlotCreated,

    /// <summary>The server had invalidated the slot; a new one of the same name has taken its place.</summary>
    SlotReplaced,
    SegmentStored,
    TimelineFollowed,

    /// <summary>WAL can no longer be had: recorded in the ledger. Restores across it are impossible until the next base backup.</summary>
    GapRecorded,

    /// <summary>We hold WAL that is not part of the server's history; it is kept.</summary>
    Diverged,
}

/// <summary>Something that happened to the receiver.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="IsAlarm">An operator must know.</param>
/// <param name="Message">One line, lower case.</param>
public sealed record WalReceiverEvent(WalReceiverEventKind Kind, bool IsAlarm, string Message)
{
    public OperationException? Error { get; init; }

    public WalSegment? Segment { get; init; }

    public TimelineId? Timeline { get; init; }

    public LsnRange? Range { get; init; }
}

/// <summary>Told what happens to the receiver, on whatever thread it happens; returns quickly and does not throw.</summary>
public interface IWalReceiverObserver
{
    void OnEvent(WalReceiverEvent happened);
}
