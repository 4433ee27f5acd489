using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

public enum WalReceiverState
{
    /// <summary>Not running.</summary>
    Stopped,

    /// <summary>On the way to the server.</summary>
    Connecting,

    /// <summary>WAL flows, and the server has more than we hold.</summary>
    CatchingUp,

    /// <summary>Everything the server had at its last message is on our disk.</summary>
    Streaming,

    /// <summary>Something failed; the next attempt follows after a pause.</summary>
    Waiting,
}

/// <summary>What the receiver knows now; immutable, a new one replaces it.</summary>
public sealed record WalReceiverStatus
{
    public WalReceiverState State { get; init; }

    /// <summary>The timeline that is being received; null before the first stream.</summary>
    public TimelineId? Timeline { get; init; }

    /// <summary>Received and written.</summary>
    public Lsn Received { get; init; }

    /// <summary>On disk and acknowledged to the server.</summary>
    public Lsn Flushed { get; init; }

    /// <summary>How far the server had WAL when it last said so.</summary>
    public Lsn ServerEnd { get; init; }

    public DateTimeOffset? LastMessage { get; init; }

    public DateTimeOffset? ConnectedSince { get; init; }

    /// <summary>Which of the servers.</summary>
    public string? Server { get; init; }

    /// <summary>What ended the last attempt; null once WAL flows again.</summary>
    public OperationException? LastError { get; init; }

    /// <summary>Attempts that failed since WAL flowed last.</summary>
    public int Failures { get; init; }
}
