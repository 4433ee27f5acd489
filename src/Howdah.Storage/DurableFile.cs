using Howdah.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Storage;

/// <summary>What writing a file durably needs beyond <see cref="RandomAccess"/>.</summary>
public static class DurableFile
{
    /// <summary>fdatasync: returns when the file's bytes and its length are on stable storage; times are not waited for.</summary>
    public static void FlushData(SafeFileHandle handle, string path) => Posix.Fdatasync(handle, path);

    /// <summary>fsync: bytes and all metadata.</summary>
    public static void Flush(SafeFileHandle handle, string path) => Posix.Fsync(handle, path);

    /// <summary>
    /// Reserves disk space for the range and lets the file grow to its end; reads of it return zeroes. A later write into it cannot
    /// fail for lack of space.
    /// </summary>
    /// <exception cref="IOException">No space: <see cref="StorageFailure.IsDiskFull"/> tells.</exception>
    public static void Preallocate(SafeFileHandle handle, long offset, long length, string path) =>
        Posix.Fallocate(handle, offset, length, path);

    /// <summary>Renames and syncs the directory of the new name (and of the old one where it differs); replaces an existing file.</summary>
    /// <remarks>The caller has synced the file's bytes.</remarks>
    public static void Rename(string source, string target)
    {
        File.Move(source, target, overwrite: true);
        FlushDirectories(source, target);
    }

    /// <summary>As <see cref="Rename"/>, but never replaces: false, and nothing done, where <paramref name="target"/> exists.</summary>
    /// <remarks>
    /// Files and directories alike. One atomic call (renameat2 with RENAME_NOREPLACE), where the filesystem has it; NFS has not.
    /// </remarks>
    public static bool TryRename(string source, string target)
    {
        var error = Posix.RenameNoReplace(source, target);
        if (error is Posix.EINVAL or Posix.ENOSYS)
            error = RenameByOtherMeans(source, target);
        if (error is Posix.EEXIST or Posix.ENOTEMPTY or Posix.ENOTDIR)
            return false;
        if (error != 0)
            throw new PosixException("rename", $"{source}' to '{target}", error);
        FlushDirectories(source, target);
        return true;
    }

    /// <summary>
    /// A file is linked and unlinked. Directories have no links, but rename(2) does not put one over a file or over a directory that is
    /// not empty; over an empty one nothing is lost.
    /// </summary>
    internal static int RenameByOtherMeans(string source, string target)
    {
        if (Directory.Exists(source))
            return Posix.Rename(source, target);
        var error = Posix.Link(source, target);
        if (error == 0)
            File.Delete(source);
        return error;
    }

    private static void FlushDirectories(string source, string target)
    {
        var targetDirectory = Path.GetDirectoryName(Path.GetFullPath(target))!;
        var sourceDirectory = Path.GetDirectoryName(Path.GetFullPath(source))!;
        DirectorySync.Flush(targetDirectory);
        if (sourceDirectory != targetDirectory)
            DirectorySync.Flush(sourceDirectory);
    }
}
