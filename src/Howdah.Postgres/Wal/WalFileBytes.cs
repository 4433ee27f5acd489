using Microsoft.Win32.SafeHandles;

namespace Howdah.Postgres.Wal;

/// <summary>Positioned reads of segment files.</summary>
internal static class WalFileBytes
{
    /// <summary>Fills <paramref name="destination"/>; what lies behind the end of a file that shrank reads as zero, like a page never
    /// written.</summary>
    public static void ReadExactly(SafeFileHandle file, long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(file, destination, offset);
            if (read == 0)
            {
                destination.Clear();
                return;
            }

            offset += read;
            destination = destination[read..];
        }
    }
}
