using System.Buffers.Binary;
using System.Net.Sockets;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Wire;

/// <summary>
/// Cuts the server's bytes into messages inside one buffer that lives as long as the connection: no copy and no allocation
/// a message. Used by one thread at a time.
/// </summary>
internal sealed class WireReader : IDisposable
{
    /// <summary>Type byte and length field.</summary>
    private const int HeaderBytes = 5;

    // Holds eight of the largest WAL messages (128 KiB of pages each), so that several commits are taken from the socket at once.
    private const int BufferBytes = 1 << 20;

    /// <summary>No message of a walsender is larger: WAL 128 KiB, backup 32 KiB, rows some kilobytes.</summary>
    public const int LongestBody = BufferBytes - HeaderBytes;

    /// <summary>Before sign-in nothing larger is believed (libpq takes 30000 for an error, 2000 for the rest).</summary>
    public const int LongestBodyBeforeSignIn = 30_000;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly Stream _stream;
    private readonly SocketStream _socket;
    private readonly TimeProvider _time;
    private CancellationTokenSource _deadline;
    private int _start;
    private int _end;
    private long _consumed;

    public WireReader(Stream stream, SocketStream socket, TimeProvider time)
    {
        _stream = stream;
        _socket = socket;
        _time = time;
        _deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    /// <summary>How long one wait for bytes may last. Default: for ever.</summary>
    public TimeSpan ReadTimeout
    {
        get => _socket.SynchronousReadTimeout;
        set => _socket.SynchronousReadTimeout = value;
    }

    /// <summary>Largest body that is accepted now.</summary>
    public int BodyLimit { get; set; } = LongestBodyBeforeSignIn;

    /// <summary>The next message if all of it has been received.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ProtocolViolation"/>: an impossible type or length.</exception>
    public bool TryTake(out ServerMessage message)
    {
        message = default;
        var available = _end - _start;
        if (available == 0)
            return false;
        var type = _buffer[_start];
        if (!MessageType.IsFromServer(type))
            throw Violation($"byte {MessageType.Show(type)} starts no message");
        if (available < HeaderBytes)
            return false;
        var bodyLength = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + 1)) - (long)sizeof(int);
        if (bodyLength < 0 || bodyLength > BodyLimit)
            throw Violation($"message {MessageType.Show(type)} claims a body of {bodyLength} bytes, 0 to {BodyLimit} are possible");
        if (available - HeaderBytes < bodyLength)
            return false;
        message = new ServerMessage(type, _buffer.AsMemory(_start + HeaderBytes, (int)bodyLength));
        var total = HeaderBytes + (int)bodyLength;
        _start += total;
        _consumed += total;
        return true;
    }

    /// <summary>As <see cref="TryTake"/>, and also takes from the socket what has arrived, without waiting.</summary>
    public bool TryTakeArrived(out ServerMessage message)
    {
        if (TryTake(out message))
            return true;
        var space = PrepareSpace();
        int count;
        if (_stream == _socket)
            count = Guarded(space, static (reader, memory) => reader._socket.ReadAvailable(memory.Span));
        else
            count = _socket.HasInput ? Guarded(space, static (reader, memory) => reader._stream.Read(memory.Span)) : -1;
        // The end of the stream is left for the next read that waits: it knows what the end means.
        if (count <= 0)
            return false;
        NoteReceived(count);
        return TryTake(out message);
    }

    /// <summary>The next message; waits on the calling thread, at most <see cref="ReadTimeout"/>.</summary>
    public ServerMessage Take()
    {
        ServerMessage message;
        while (!TryTake(out message))
            NoteReceived(Guarded(PrepareSpace(), static (reader, memory) => reader._stream.Read(memory.Span)));
        return message;
    }

    /// <summary>The next message. After a cancellation the connection is of no more use.</summary>
    public async ValueTask<ServerMessage> TakeAsync(CancellationToken cancellationToken)
    {
        ServerMessage message;
        while (!TryTake(out message))
            NoteReceived(await FillAsync(PrepareSpace(), cancellationToken));
        return message;
    }

    public void Dispose() => _deadline.Dispose();

    private async ValueTask<int> FillAsync(Memory<byte> space, CancellationToken cancellationToken)
    {
        var timeout = ReadTimeout;
        try
        {
            if (timeout == Timeout.InfiniteTimeSpan)
                return await _stream.ReadAsync(space, cancellationToken);
            if (!_deadline.TryReset())
            {
                _deadline.Dispose();
                _deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
            }

            _deadline.CancelAfter(timeout);
            await using (cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _deadline))
                return await _stream.ReadAsync(space, _deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperationException(ErrorCodes.ServerTimeout, $"nothing was received for {timeout.TotalSeconds:0.#} s");
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw BrokenConnection.Describe(exception, "the connection broke");
        }
        finally
        {
            _deadline.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private int Guarded(Memory<byte> space, Func<WireReader, Memory<byte>, int> read)
    {
        try
        {
            return read(this, space);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw BrokenConnection.Describe(exception, "the connection broke");
        }
    }

    private Memory<byte> PrepareSpace()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_start > 0)
        {
            // The beginning of a message whose rest is on its way moves to the front: at most one message, once a fill.
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        return _buffer.AsMemory(_end);
    }

    private void NoteReceived(int count)
    {
        if (count == 0)
        {
            var torn = _end > _start ? $" in the middle of a message ({_end - _start} bytes of it arrived)" : "";
            throw new OperationException(ErrorCodes.ConnectionLost, $"the server closed the connection{torn} after {_consumed} bytes");
        }

        _end += count;
    }

    private OperationException Violation(string problem) => new(
        ErrorCodes.ProtocolViolation,
        $"{problem} at byte {_consumed} of the server's stream",
        "is this a PostgreSQL server?");
}
