using System.Net.Sockets;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Wire;

/// <summary>
/// A connected socket as a stream. Synchronous reads wait in the kernel on the calling thread: a WAL receiver that has to
/// answer each commit saves two thread switches a message compared with the asynchronous path.
/// </summary>
/// <remarks>One reader and one writer at a time; they may be different threads.</remarks>
internal sealed class SocketStream : Stream
{
    // How long a cancelled wait may go on.
    private static readonly TimeSpan CancellationLook = TimeSpan.FromMilliseconds(50);

    private readonly Socket _socket;

    // The last read got less than it had room for: asking again before waiting would be a system call for nothing.
    private bool _isDrained;

    public SocketStream(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
    }

    /// <summary>How long a synchronous read waits for the first byte. Default: for ever.</summary>
    public TimeSpan SynchronousReadTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>True where a read would not wait.</summary>
    public bool HasInput => WaitForInput(TimeSpan.Zero);

    public bool WaitForInput(TimeSpan longest) => _socket.Poll(longest, SelectMode.SelectRead);

    /// <summary>Wakes a synchronous reader: it reads what has arrived, then the end of the stream. Writing still works.</summary>
    public void StopReading()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Not connected any more: a reader has seen, or will see, exactly that.
            _ = exception;
        }
    }

    /// <summary>Reads what has arrived; -1 where that is nothing, 0 at the end of the stream.</summary>
    public int ReadAvailable(Span<byte> buffer)
    {
        var count = _socket.Receive(buffer, SocketFlags.None, out var error);
        _isDrained = error != SocketError.Success || count < buffer.Length;
        return error switch
        {
            SocketError.Success => count,
            SocketError.WouldBlock => -1,
            _ => throw new IOException($"receiving failed: {error}", new SocketException((int)error)),
        };
    }

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            if (_isDrained && !_socket.Poll(SynchronousReadTimeout, SelectMode.SelectRead))
                throw new OperationException(
                    ErrorCodes.ServerTimeout, $"nothing was received for {SynchronousReadTimeout.TotalSeconds:0.#} s");
            var count = ReadAvailable(buffer);
            if (count >= 0)
                return count;
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = _socket.Send(buffer, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
                throw new IOException($"sending failed: {error}", new SocketException((int)error));
            if (error == SocketError.Success)
                buffer = buffer[count..];
            else if (!_socket.Poll(SynchronousReadTimeout, SelectMode.SelectWrite))
                throw new OperationException(ErrorCodes.ServerTimeout, "the server took nothing of what was sent to it in time");
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int count;
        while ((count = ReadAvailable(buffer.Span)) < 0)
            await WaitAsync(SelectMode.SelectRead, cancellationToken);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            var count = _socket.Send(buffer.Span, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
                throw new IOException($"sending failed: {error}", new SocketException((int)error));
            if (error == SocketError.Success)
                buffer = buffer[count..];
            else
                await WaitAsync(SelectMode.SelectWrite, cancellationToken);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Waits in the kernel on a thread of its own. .NET's asynchronous receive would hand the socket to its event loop for the rest of
    // its life, and from then on every packet wakes the loop and a pool thread, also while somebody reads synchronously: measured,
    // 60 % of the CPU of a base backup. Commands are few, so a thread for each wait costs less.
    private Task WaitAsync(SelectMode mode, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () =>
        {
            while (!_socket.Poll(CancellationLook, mode))
                cancellationToken.ThrowIfCancellationRequested();
        },
        cancellationToken,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _socket.Dispose();
        base.Dispose(disposing);
    }
}
