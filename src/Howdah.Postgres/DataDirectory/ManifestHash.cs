using System.Security.Cryptography;

namespace Howdah.Postgres.DataDirectory;

/// <summary>
/// SHA-256 of a manifest but for its last line. Where that line begins is known only at the end, so the newest bytes are held back.
/// </summary>
internal sealed class ManifestHash : IDisposable
{
    // The last line is {"Manifest-Checksum": "64 digits"}: some 90 bytes.
    private const int HeldBytes = 512;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _held = new byte[HeldBytes];
    private int _heldCount;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var settled = _heldCount + bytes.Length - HeldBytes;
        if (settled > 0)
        {
            var fromHeld = Math.Min(settled, _heldCount);
            _hash.AppendData(_held, 0, fromHeld);
            _heldCount -= fromHeld;
            _held.AsSpan(fromHeld, _heldCount).CopyTo(_held);
            var fromBytes = settled - fromHeld;
            _hash.AppendData(bytes[..fromBytes]);
            bytes = bytes[fromBytes..];
        }

        bytes.CopyTo(_held.AsSpan(_heldCount));
        _heldCount += bytes.Length;
    }

    /// <summary>The hash; null where the content does not end with a line of its own of at most 512 bytes.</summary>
    public byte[]? Finish()
    {
        var held = _held.AsSpan(0, _heldCount);
        if (held.IsEmpty || held[^1] != (byte)'\n')
            return null;
        var lineBefore = held[..^1].LastIndexOf((byte)'\n');
        if (lineBefore < 0)
            return null;
        _hash.AppendData(held[..(lineBefore + 1)]);
        return _hash.GetHashAndReset();
    }

    public void Dispose() => _hash.Dispose();
}
