using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Wire;

/// <summary>Collects the client's messages and sends them together. Used by one thread at a time.</summary>
internal sealed class WireWriter(Stream stream)
{
    private byte[] _buffer = new byte[4096];
    private int _length;
    private int _messageStart = -1;

    /// <summary>
    /// Begins a message; <paramref name="type"/> 0 for the untyped ones of the start (StartupMessage, SSLRequest, CancelRequest).
    /// </summary>
    public WireWriter Begin(byte type)
    {
        Invariant.Check(_messageStart < 0);
        if (type != 0)
            WriteByte(type);
        _messageStart = _length;
        return WriteInt32(0);
    }

    public WireWriter End()
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_messageStart), _length - _messageStart);
        _messageStart = -1;
        return this;
    }

    public WireWriter WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        return this;
    }

    public WireWriter WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Reserve(sizeof(int)), value);
        return this;
    }

    public WireWriter WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(sizeof(ulong)), value);
        return this;
    }

    public WireWriter WriteBytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Reserve(value.Length));
        return this;
    }

    /// <summary>UTF-8 and a zero byte.</summary>
    /// <exception cref="OperationException">The text holds a zero character, which would end it early.</exception>
    public WireWriter WriteText(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new OperationException(ErrorCodes.UsageInvalid, "text for the server holds a zero character");
        Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetByteCount(text)));
        return WriteByte(0);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var length = Finish();
        try
        {
            await stream.WriteAsync(_buffer.AsMemory(0, length), cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw BrokenConnection.Describe(exception, "the connection broke while sending");
        }
    }

    /// <summary>Sends on the calling thread.</summary>
    public void Flush()
    {
        var length = Finish();
        try
        {
            stream.Write(_buffer.AsSpan(0, length));
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw BrokenConnection.Describe(exception, "the connection broke while sending");
        }
    }

    private int Finish()
    {
        Invariant.Check(_messageStart < 0);
        var length = _length;
        _length = 0;
        return length;
    }

    private Span<byte> Reserve(int count)
    {
        if (_length + count > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + count));
        _length += count;
        return _buffer.AsSpan(_length - count, count);
    }
}
