using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Storage;

/// <summary>What <see cref="AtomicFile.PutIfAbsent"/> found.</summary>
public enum PutResult
{
    /// <summary>The file did not exist and does now.</summary>
    Created,

    /// <summary>A file of that name with the same content was there.</summary>
    AlreadyPresent,

    /// <summary>A file of that name with other content is there; it was left as it is.</summary>
    Different,
}

/// <summary>
/// Writes small files so that a reader, and the machine after a power cut, sees the old content or the new one and nothing between:
/// temporary file in the same directory, fsync, rename, fsync of the directory.
/// </summary>
public static class AtomicFile
{
    /// <summary>How temporary names end; readers of a directory ignore them. They begin with a dot.</summary>
    public const string TemporarySuffix = ".tmp";

    /// <summary>0600: only the owner. The default for every file, so that one with a secret in it cannot be forgotten.</summary>
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Creates or replaces <paramref name="path"/>.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = OwnerOnly)
    {
        var temporary = WriteTemporary(path, content, mode);
        try
        {
            DurableFile.Rename(temporary, path);
        }
        catch (IOException)
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Creates or replaces <paramref name="path"/> with UTF-8 text, no byte order mark.</summary>
    public static void Write(string path, string text, UnixFileMode mode = OwnerOnly) => Write(path, Utf8.GetBytes(text), mode);

    /// <summary>
    /// Creates or replaces <paramref name="path"/> for readers at once, and for the disk when the system likes: after a power cut the
    /// content may be anything. For what is written often beside something that must not wait, and whose loss costs little.
    /// </summary>
    public static void ReplaceUnsynced(string path, ReadOnlySpan<byte> content)
    {
        var temporary = TemporaryName(path);
        try
        {
            using (var handle = OpenNew(temporary, OwnerOnly))
                RandomAccess.Write(handle, content, fileOffset: 0);
            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException)
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Creates <paramref name="path"/>, or tells how it differs; never replaces.</summary>
    public static PutResult PutIfAbsent(string path, ReadOnlySpan<byte> content, UnixFileMode mode = OwnerOnly)
    {
        if (!File.Exists(path))
        {
            var temporary = WriteTemporary(path, content, mode);
            try
            {
                if (DurableFile.TryRename(temporary, path))
                    return PutResult.Created;
            }
            finally
            {
                File.Delete(temporary);
            }
        }

        return content.SequenceEqual(File.ReadAllBytes(path)) ? PutResult.AlreadyPresent : PutResult.Different;
    }

    /// <summary>A name in the directory of <paramref name="path"/> that no other writer uses.</summary>
    public static string TemporaryName(string path)
    {
        var full = Path.GetFullPath(path);
        return Path.Combine(
            Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{RandomNumberGenerator.GetHexString(12)}{TemporarySuffix}");
    }

    private static string WriteTemporary(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var temporary = TemporaryName(path);
        try
        {
            using var handle = OpenNew(temporary, mode);
            RandomAccess.Write(handle, content, fileOffset: 0);
            DurableFile.Flush(handle, temporary);
            return temporary;
        }
        catch (IOException)
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static SafeFileHandle OpenNew(string path, UnixFileMode mode)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        File.SetUnixFileMode(handle, mode);
        return handle;
    }
}
