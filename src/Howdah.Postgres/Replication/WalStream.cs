using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Replication;

/// <summary>
/// A running physical WAL stream (CopyBoth). Read by one thread at a time; statuses may be sent from any thread.
/// </summary>
/// <remarks>PostgreSQL documentation 53.4, START_REPLICATION; src/backend/replication/walsender.c.</remarks>
public sealed class WalStream
{
    private const string Command = "START_REPLICATION";
    private const byte WalData = (byte)'w';
    private const byte KeepAlive = (byte)'k';
    private const byte StatusUpdate = (byte)'r';

    // type, start, server's end, time
    private const int DataHeaderBytes = 25;

    // type, server's end, time, reply wanted
    private const int KeepAliveBytes = 18;

    private static readonly DateTimeOffset PostgresEpoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly WireConnection _wire;
    private readonly Lock _sending = new();
    private ServerMessage? _control;
    private volatile bool _isStopped;
    private bool _isOver;

    internal WalStream(WireConnection wire) => _wire = wire;

    /// <summary>The next message. After a cancellation the connection is of no more use.</summary>
    public async ValueTask<WalStreamMessage> ReadAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(!_isOver);
        while (_control is null)
        {
            var message = await _wire.Reader.TakeAsync(cancellationToken);
            if (TryParse(message, out var parsed))
                return parsed;
        }

        var tail = new CommandTail(_wire, Command);
        return Finish(tail, await BeginTailAsync(tail, cancellationToken));
    }

    /// <summary>The next message; waits on the calling thread, in the kernel, at most the connection's read timeout.</summary>
    public WalStreamMessage Read()
    {
        Invariant.Check(!_isOver);
        try
        {
            while (_control is null)
            {
                if (TryParse(_wire.Reader.Take(), out var parsed))
                    return parsed;
            }

            var tail = new CommandTail(_wire, Command);
            return Finish(tail, BeginTail(tail));
        }
        catch (OperationException exception) when (_isStopped && exception.Code == ErrorCodes.ConnectionLost)
        {
            return new WalStreamMessage(WalStreamMessageKind.Stopped);
        }
    }

    /// <summary>
    /// A message of data or a keepalive that was taken from the socket with an earlier one; false where that is none. Never waits. What
    /// ends the stream is left for the next <see cref="Read"/> or <see cref="ReadAsync"/>.
    /// </summary>
    public bool TryReadBuffered(out WalStreamMessage message) => TryRead(fromSocket: false, out message);

    /// <summary>As <see cref="TryReadBuffered"/>, and looks whether more has arrived.</summary>
    public bool TryReadArrived(out WalStreamMessage message) => TryRead(fromSocket: true, out message);

    private bool TryRead(bool fromSocket, out WalStreamMessage message)
    {
        message = default;
        while (_control is null && (fromSocket ? _wire.Reader.TryTakeArrived(out var raw) : _wire.Reader.TryTake(out raw)))
        {
            if (TryParse(raw, out message))
                return true;
        }

        return false;
    }

    /// <summary>Waits at most that long, in the kernel, for more bytes to arrive; false where none did.</summary>
    public bool WaitForInput(TimeSpan longest) => _control is not null || _wire.WaitForInput(longest);

    /// <summary>Sends a status at once, on the calling thread. May be called by any thread.</summary>
    public void SendStatus(StandbyStatus status)
    {
        lock (_sending)
        {
            var microseconds = (_wire.Time.GetUtcNow() - PostgresEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
            _wire.Writer.Begin(MessageType.CopyData)
                .WriteByte(StatusUpdate)
                .WriteUInt64(status.Write.Value)
                .WriteUInt64(status.Flush.Value)
                .WriteUInt64(status.Apply.Value)
                .WriteUInt64((ulong)microseconds)
                .WriteByte(status.ReplyRequested ? (byte)1 : (byte)0)
                .End()
                .Flush();
        }
    }

    /// <summary>As <see cref="SendStatus"/>: 39 bytes fit every socket buffer, so there is nothing to wait for.</summary>
    public ValueTask SendStatusAsync(StandbyStatus status, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        SendStatus(status);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Makes <see cref="Read"/> return what has arrived and then <see cref="WalStreamMessageKind.Stopped"/>; from any thread.
    /// Statuses can still be sent; the connection is of no other use.
    /// </summary>
    public void StopReading()
    {
        _isStopped = true;
        _wire.StopReading();
    }

    /// <summary>Ends the stream in good order; the connection is ready for the next command. WAL still on its way is dropped.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isOver)
            return;
        _isOver = true;
        using var deadline = new CancellationTokenSource(WireConnection.CommandTimeout, _wire.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        SendCopyDone();
        try
        {
            var tail = new CommandTail(_wire, Command);
            if (_control is not { } pending || !tail.Handle(pending))
                await tail.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(ErrorCodes.ServerTimeout, $"{_wire.Target} did not end its WAL stream when asked to");
        }
    }

    /// <summary>Reads next_tli, next_tli_startpos.</summary>
    internal static TimelineSwitch? ReadSwitch(byte[]?[] row)
    {
        if (row.Length == 0)
            return null;
        var text = new RowText(row, Command);
        return new TimelineSwitch(text.Timeline(0), text.Lsn(1));
    }

    /// <summary>True for data and keepalives; whatever ends the stream is put aside.</summary>
    private bool TryParse(ServerMessage message, out WalStreamMessage parsed)
    {
        parsed = default;
        if (message.Type == MessageType.CopyData)
        {
            parsed = ParseCopyData(message);
            return true;
        }

        if (_wire.Absorb(message))
            return false;
        if (message.Type is not (MessageType.CopyDone or MessageType.CommandComplete or MessageType.ErrorResponse))
            throw _wire.Unexpected(message, "a WAL stream");
        _control = message;
        return false;
    }

    internal static WalStreamMessage ParseCopyData(ServerMessage message)
    {
        var reader = new BodyReader(message);
        var type = reader.ReadByte();
        switch (type)
        {
            case WalData:
                var start = new Lsn(reader.ReadUInt64());
                var serverEnd = new Lsn(reader.ReadUInt64());
                var sent = ReadTime(reader.ReadUInt64());
                var bytes = message.Body[DataHeaderBytes..];
                if (start.Value > ulong.MaxValue - (ulong)bytes.Length)
                    throw reader.Violation($"WAL that starts at {start} and has {bytes.Length} bytes");
                return new WalStreamMessage(WalStreamMessageKind.Data, start, bytes, serverEnd, ServerTime: sent);
            case KeepAlive:
                if (message.Body.Length != KeepAliveBytes)
                    throw reader.Violation($"keepalive of {message.Body.Length} bytes, {KeepAliveBytes} expected");
                var end = new Lsn(reader.ReadUInt64());
                var time = ReadTime(reader.ReadUInt64());
                return new WalStreamMessage(
                    WalStreamMessageKind.KeepAlive, ServerWalEnd: end, ReplyRequested: reader.ReadByte() != 0, ServerTime: time);
            default:
                throw reader.Violation($"copy data of kind {MessageType.Show(type)}");
        }
    }

    private static DateTimeOffset? ReadTime(ulong field) => PostgresTime.FromMicroseconds(unchecked((long)field));

    /// <summary>The server's CopyDone is answered by ours, or both sides wait for ever. True where a tail follows.</summary>
    private bool AnswerControl(CommandTail tail, out bool isComplete)
    {
        var control = _control!.Value;
        _isOver = true;
        isComplete = false;
        if (control.Type == MessageType.CommandComplete)
            return false;
        if (control.Type == MessageType.CopyDone)
            SendCopyDone();
        isComplete = tail.Handle(control);
        return true;
    }

    private async Task<bool> BeginTailAsync(CommandTail tail, CancellationToken cancellationToken)
    {
        if (!AnswerControl(tail, out var isComplete))
            return false;
        if (!isComplete)
            await tail.ReadAsync(cancellationToken);
        return true;
    }

    private bool BeginTail(CommandTail tail)
    {
        if (!AnswerControl(tail, out var isComplete))
            return false;
        if (!isComplete)
            tail.Read();
        return true;
    }

    private WalStreamMessage Finish(CommandTail tail, bool hasTail)
    {
        // A server that shuts down says "COPY 0" and closes; there is no ReadyForQuery.
        if (!hasTail)
            return new WalStreamMessage(WalStreamMessageKind.ServerShutdown);
        tail.ThrowIfError();
        var next = ReadSwitch(tail.Row)
            ?? throw new OperationException(
                ErrorCodes.ProtocolViolation, $"{_wire.Target} ended the WAL stream without naming the next timeline");
        return new WalStreamMessage(WalStreamMessageKind.EndOfTimeline, Switch: next);
    }

    private void SendCopyDone()
    {
        lock (_sending)
            _wire.Writer.Begin(MessageType.CopyDone).End().Flush();
    }
}
