using Howdah.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Storage;

/// <summary>Moves written bytes from the page cache to the disk, for writers of many or large files.</summary>
public static class WriteBack
{
    /// <summary>
    /// Asks the kernel to begin writing the range now, so that a later sync finds little left to do. A hint: gives no guarantee, and
    /// where the filesystem cannot do it nothing happens.
    /// </summary>
    public static void Begin(SafeFileHandle handle, long offset, long length) => Posix.BeginWriteBack(handle, offset, length);

    /// <summary>
    /// syncfs: returns when everything that was written to the filesystem of <paramref name="directory"/> before the call, files,
    /// names and metadata, by any process, is on stable storage.
    /// </summary>
    /// <remarks>
    /// One journal commit and one disk flush for any number of files, where an fsync a file needs thousands. The same choice as
    /// <c>--sync-method=syncfs</c> of PostgreSQL's tools. Write errors are reported since Linux 5.8; on older kernels, and where the
    /// call is missing, this syncs file by file.
    /// </remarks>
    public static void FlushFileSystem(string directory, CancellationToken ct)
    {
        if (!ReportsErrors || !Posix.TrySyncFileSystem(directory))
            DirectorySync.FlushTree(directory, ct);
    }

    private static bool ReportsErrors { get; } = Environment.OSVersion.Version >= new Version(5, 8);
}
