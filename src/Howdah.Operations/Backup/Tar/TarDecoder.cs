using Howdah.Core.Errors;

namespace Howdah.Operations.Backup.Tar;

internal enum TarPartKind
{
    Member,
    Data,
    EndOfMember,
}

/// <summary>One step through an archive: a member begins, a piece of its content (a slice of the input), or it is complete.</summary>
internal readonly record struct TarPart(TarPartKind Kind, TarMember? Member = null, ReadOnlyMemory<byte> Data = default);

/// <summary>
/// Takes an archive apart as its bytes come in, in pieces of any size, without copying content.
/// </summary>
/// <remarks>
/// PostgreSQL up to 14 sends no zero blocks at the end: the archive just ends after the padding of its last member. From 15 on two
/// come. Both are accepted, anything after them is not.
/// </remarks>
internal sealed class TarDecoder(string archive)
{
    private readonly byte[] _header = new byte[TarHeader.Bytes];
    private int _headerCount;
    private long _remaining;
    private int _padding;
    private bool _inMember;
    private bool _ended;
    private long _position;

    /// <summary>The next part, taken from the front of <paramref name="bytes"/>; false when more bytes are needed.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ProtocolViolation"/>, naming archive and byte.</exception>
    public bool TryRead(ref ReadOnlyMemory<byte> bytes, out TarPart part)
    {
        part = default;
        if (_inMember)
            return ReadMember(ref bytes, out part);
        SkipPadding(ref bytes);
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, TarHeader.Bytes - _headerCount);
            bytes.Span[..count].CopyTo(_header.AsSpan(_headerCount));
            Advance(ref bytes, count);
            _headerCount += count;
            if (_headerCount < TarHeader.Bytes)
                return false;
            _headerCount = 0;
            if (ParseHeader() is { } member)
            {
                _inMember = true;
                _remaining = member.Size;
                _padding = (int)(-member.Size & (TarHeader.Bytes - 1));
                part = new TarPart(TarPartKind.Member, member);
                return true;
            }
        }

        return false;
    }

    /// <summary>The archive has no more bytes.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ProtocolViolation"/>: it ends within a member.</exception>
    public void Complete()
    {
        if (_inMember || _headerCount > 0 || _padding > 0)
            throw Violation("the archive ends within a member");
    }

    private bool ReadMember(ref ReadOnlyMemory<byte> bytes, out TarPart part)
    {
        part = new TarPart(TarPartKind.EndOfMember);
        if (_remaining == 0)
        {
            _inMember = false;
            return true;
        }

        if (bytes.IsEmpty)
            return false;
        var count = (int)Math.Min(bytes.Length, _remaining);
        part = new TarPart(TarPartKind.Data, Data: bytes[..count]);
        Advance(ref bytes, count);
        _remaining -= count;
        return true;
    }

    private void SkipPadding(ref ReadOnlyMemory<byte> bytes)
    {
        var count = Math.Min(bytes.Length, _padding);
        Advance(ref bytes, count);
        _padding -= count;
    }

    private TarMember? ParseHeader()
    {
        if (!_header.AsSpan().ContainsAnyExcept((byte)0))
        {
            _ended = true;
            return null;
        }

        if (_ended)
            throw Violation("a member after the end of the archive");
        try
        {
            return TarHeader.Parse(_header);
        }
        catch (FormatException e)
        {
            throw Violation(e.Message);
        }
    }

    private void Advance(ref ReadOnlyMemory<byte> bytes, int count)
    {
        bytes = bytes[count..];
        _position += count;
    }

    private OperationException Violation(string what) =>
        new(ErrorCodes.ProtocolViolation, $"cannot unpack {archive} of the base backup: before byte {_position}: {what}");
}
