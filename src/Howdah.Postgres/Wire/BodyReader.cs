using System.Buffers.Binary;
using System.Text;
using Howdah.Core.Errors;

namespace Howdah.Postgres.Wire;

/// <summary>Reads the fields of one message; every read beyond its end is a protocol violation that names the offset.</summary>
internal ref struct BodyReader(ServerMessage message)
{
    private readonly ReadOnlySpan<byte> _body = message.Body.Span;
    private readonly byte _type = message.Type;

    public int Position { get; private set; }

    public readonly int Remaining => _body.Length - Position;

    public byte ReadByte() => Take(1)[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public ReadOnlySpan<byte> ReadRest() => Take(Remaining);

    /// <summary>A length and that many bytes; null (false) where the length is -1.</summary>
    public bool TryReadValue(out ReadOnlySpan<byte> value)
    {
        var length = ReadInt32();
        value = default;
        if (length == -1)
            return false;
        if (length < 0)
            throw Violation($"value length {length}");
        value = Take(length);
        return true;
    }

    /// <summary>Text that ends with a zero byte, as UTF-8; bytes that are not become U+FFFD.</summary>
    public string ReadText()
    {
        var end = _body[Position..].IndexOf((byte)0);
        if (end < 0)
            throw Violation("text without its zero byte");
        var text = Encoding.UTF8.GetString(_body.Slice(Position, end));
        Position += end + 1;
        return text;
    }

    public readonly OperationException Violation(string problem) => new(
        ErrorCodes.ProtocolViolation,
        $"message {MessageType.Show(_type)} of {_body.Length} bytes: {problem} at offset {Position}",
        "is this a PostgreSQL server?");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
            throw Violation($"{count} bytes expected, {Remaining} left");
        var taken = _body.Slice(Position, count);
        Position += count;
        return taken;
    }
}
