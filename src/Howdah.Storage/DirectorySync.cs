using Howdah.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Storage;

/// <summary>Makes changes of a directory survive a power cut: the names in it, not the bytes of its files.</summary>
/// <remarks>ext4, XFS and others may forget a rename or a new name until the directory itself is synced (fsync(2), NOTES).</remarks>
public static class DirectorySync
{
    public static void Flush(string directory)
    {
        using var handle = Posix.OpenDirectory(directory);
        Posix.Fsync(handle, directory);
    }

    /// <summary>Creates the directory and makes its name, and the names of all parents it had to create, durable.</summary>
    public static void Create(
        string directory, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
    {
        var full = Path.GetFullPath(directory);
        if (Directory.Exists(full))
            return;
        var parent = Path.GetDirectoryName(full);
        if (parent is not null)
            Create(parent, mode);
        Directory.CreateDirectory(full, mode);
        if (parent is not null)
            Flush(parent);
    }

    /// <summary>
    /// Syncs every regular file and every directory below <paramref name="directory"/>, itself included; follows no links.
    /// </summary>
    public static void FlushTree(string directory, CancellationToken ct)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(directory))
        {
            ct.ThrowIfCancellationRequested();
            var attributes = File.GetAttributes(path);
            if (attributes.HasFlag(FileAttributes.ReparsePoint))
                continue;
            if (attributes.HasFlag(FileAttributes.Directory))
                FlushTree(path, ct);
            else
                FlushFile(path);
        }

        Flush(directory);
    }

    private static void FlushFile(string path)
    {
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Posix.Fsync(handle, path);
    }
}
