using System.Text;

namespace Howdah.Operations.Backup.Tar;

/// <summary>Reads one ustar header as PostgreSQL's server writes it (11-18, src/port/tar.c): no pax, no GNU long names.</summary>
internal static class TarHeader
{
    public const int Bytes = 512;

    private const int ChecksumOffset = 148;
    private const int ChecksumBytes = 8;

    // The server's own limit is 99; the prefix field, which it leaves empty, would allow 255.
    private const int LongestPath = 255;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="FormatException">What is wrong with the header.</exception>
    public static TarMember Parse(ReadOnlySpan<byte> header)
    {
        if (!header.Slice(257, 5).SequenceEqual("ustar"u8))
            throw new FormatException("not a ustar header");
        var stored = ReadNumber(header.Slice(ChecksumOffset, ChecksumBytes), "checksum");
        if (stored != ComputeChecksum(header))
            throw new FormatException($"header checksum is {stored}, the header gives {ComputeChecksum(header)}");
        var kind = header[156] switch
        {
            (byte)'0' or 0 => TarMemberKind.File,
            (byte)'5' => TarMemberKind.Directory,
            (byte)'2' => TarMemberKind.SymbolicLink,
            var other => throw new FormatException($"member type 0x{other:X2} is neither file, directory nor symbolic link"),
        };
        var size = ReadNumber(header.Slice(124, 12), "size");
        if (kind != TarMemberKind.File && size != 0)
            throw new FormatException($"a {kind} of {size} bytes");
        return new TarMember(
            kind,
            ReadPath(header),
            size,
            (UnixFileMode)(ReadNumber(header.Slice(100, 8), "mode") & 0xFFF),
            ReadTime(header),
            kind == TarMemberKind.SymbolicLink ? ReadText(header.Slice(157, 100)) : null);
    }

    /// <summary>Octal digits ended by a space or zero, or base-256 (first byte 0x80) for what octal digits cannot hold.</summary>
    public static long ReadNumber(ReadOnlySpan<byte> field, string what)
    {
        if ((field[0] & 0x80) != 0)
            return ReadBase256(field, what);
        long value = 0;
        var digits = 0;
        foreach (var character in field)
        {
            if (character is 0 or (byte)' ')
            {
                if (digits > 0)
                    break;
                continue;
            }

            if (character is < (byte)'0' or > (byte)'7')
                throw new FormatException($"{what} is not an octal number");
            value = (value * 8) + (character - '0');
            digits++;
        }

        return value;
    }

    private static long ReadBase256(ReadOnlySpan<byte> field, string what)
    {
        // Any other first byte means a negative number, or more than 63 bits.
        if (field[0] != 0x80)
            throw new FormatException($"{what} is out of range");
        long value = 0;
        foreach (var part in field[1..])
        {
            if (value > long.MaxValue >> 8)
                throw new FormatException($"{what} is out of range");
            value = (value << 8) | part;
        }

        return value;
    }

    private static long ComputeChecksum(ReadOnlySpan<byte> header)
    {
        // The checksum field itself counts as spaces.
        long sum = ChecksumBytes * ' ';
        for (var i = 0; i < Bytes; i++)
            sum += i is >= ChecksumOffset and < ChecksumOffset + ChecksumBytes ? 0 : header[i];
        return sum;
    }

    private static string ReadPath(ReadOnlySpan<byte> header)
    {
        var name = ReadText(header[..100]);
        var prefix = ReadText(header.Slice(345, 155));
        var path = prefix.Length > 0 ? $"{prefix}/{name}" : name;
        if (path.Length > LongestPath)
            throw new FormatException($"path of {path.Length} characters");
        if (path.StartsWith("./", StringComparison.Ordinal))
            path = path[2..];
        if (path.EndsWith('/'))
            path = path[..^1];
        // Nothing may name a place outside of the directory it is put in, nor the directory itself.
        foreach (var part in path.Split('/'))
        {
            if (part is "" or "." or "..")
                throw new FormatException($"path '{path}' is absolute, empty or leads outside");
        }

        return path;
    }

    private static string ReadText(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        try
        {
            return StrictUtf8.GetString(end < 0 ? field : field[..end]);
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException($"name {Convert.ToHexString(end < 0 ? field : field[..end])} is not UTF-8", e);
        }
    }

    private static DateTimeOffset ReadTime(ReadOnlySpan<byte> header)
    {
        var seconds = ReadNumber(header.Slice(136, 12), "modification time");
        return seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new FormatException($"modification time {seconds} is out of range");
    }
}
