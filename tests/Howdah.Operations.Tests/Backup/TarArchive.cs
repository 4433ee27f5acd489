using System.Buffers.Binary;
using System.Text;

namespace Howdah.Operations.Tests.Backup;

/// <summary>Writes archives as PostgreSQL's server does, and ones that it never would.</summary>
internal static class TarArchive
{
    public static byte[] File(string name, byte[] content) =>
        [.. Header(name, '0', content.Length), .. content, .. new byte[-content.Length & 511]];

    public static byte[] Header(string name, char type, long size, string link = "", string prefix = "")
    {
        var header = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(header, 0);
        Encoding.ASCII.GetBytes("0000600 ").CopyTo(header, 100);
        WriteSize(header, size);
        Encoding.ASCII.GetBytes("14765432100 ").CopyTo(header, 136);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link).CopyTo(header, 157);
        Encoding.ASCII.GetBytes("ustar\0" + "00").CopyTo(header, 257);
        Encoding.UTF8.GetBytes(prefix).CopyTo(header, 345);
        return Seal(header);
    }

    /// <summary>Writes the checksum that belongs to a header.</summary>
    public static byte[] Seal(byte[] header)
    {
        Encoding.ASCII.GetBytes("        ").CopyTo(header, 148);
        var sum = header.Sum(static value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(7, '0') + " ").CopyTo(header, 148);
        return header;
    }

    private static void WriteSize(byte[] header, long size)
    {
        if (size < 1L << 33)
        {
            Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0') + " ").CopyTo(header, 124);
            return;
        }

        header[124] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), size);
    }
}
