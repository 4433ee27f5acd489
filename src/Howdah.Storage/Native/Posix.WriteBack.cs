using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Storage.Native;

internal static partial class Posix
{
    // linux/fs.h SYNC_FILE_RANGE_WRITE: starts the write-out and does not wait for it.
    private const uint SYNC_FILE_RANGE_WRITE = 2;

    /// <summary>False where the kernel has no syncfs.</summary>
    internal static bool TrySyncFileSystem(string directory)
    {
        using var handle = OpenDirectory(directory);
        while (SyncfsCore(handle) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == ENOSYS)
                return false;
            if (error != EINTR)
                throw Failure("syncfs", directory);
        }

        return true;
    }

    // Only a hint: its failures (ESPIPE, EINVAL, ENOSYS on odd filesystems) say nothing about the data; the later sync will.
    internal static void BeginWriteBack(SafeFileHandle handle, long offset, long length) =>
        _ = SyncFileRangeCore(handle, offset, length, SYNC_FILE_RANGE_WRITE);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncfsCore(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SyncFileRangeCore(SafeFileHandle descriptor, long offset, long length, uint flags);
}
