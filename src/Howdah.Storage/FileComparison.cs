using System.Buffers;

namespace Howdah.Storage;

/// <summary>Compares files by their bytes.</summary>
public static class FileComparison
{
    private const int BufferSize = 1 << 20;

    public static bool AreEqual(string left, string right)
    {
        using var leftHandle = File.OpenHandle(left, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var rightHandle = File.OpenHandle(right, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(leftHandle);
        if (length != RandomAccess.GetLength(rightHandle))
            return false;
        var buffer = ArrayPool<byte>.Shared.Rent(2 * BufferSize);
        try
        {
            for (long offset = 0; offset < length;)
            {
                var count = RandomAccess.Read(leftHandle, buffer.AsSpan(0, BufferSize), offset);
                var filled = Fill(rightHandle, buffer.AsSpan(BufferSize, count), offset);
                if (count == 0 || filled != count || !buffer.AsSpan(0, count).SequenceEqual(buffer.AsSpan(BufferSize, count)))
                    return false;
                offset += count;
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Fill(Microsoft.Win32.SafeHandles.SafeFileHandle handle, Span<byte> buffer, long offset)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            var read = RandomAccess.Read(handle, buffer[filled..], offset + filled);
            if (read == 0)
                break;
            filled += read;
        }

        return filled;
    }
}
