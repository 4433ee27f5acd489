using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Storage.Native;

/// <summary>The few calls of the C library that .NET does not offer. Every wrapper turns a failure into an exception with its
/// errno.</summary>
internal static partial class Posix
{
    internal const int ENOENT = 2;
    internal const int EEXIST = 17;
    internal const int EXDEV = 18;
    internal const int ENOTDIR = 20;
    internal const int EINVAL = 22;
    internal const int EPERM = 1;
    internal const int EACCES = 13;
    internal const int ENOSPC = 28;
    internal const int ENOSYS = 38;
    internal const int ENOTEMPTY = 39;
    internal const int EOPNOTSUPP = 95;
    internal const int EDQUOT = 122;
    internal const int EWOULDBLOCK = 11;
    internal const int EINTR = 4;

    private const int O_RDONLY = 0;
    private const int O_RDWR = 2;
    private const int O_CREAT = 0x40;
    private const int O_DIRECTORY = 0x10000;
    private const int O_CLOEXEC = 0x80000;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const uint RENAME_NOREPLACE = 1;

    // linux/fcntl.h: paths are relative to the working directory, as in rename(2).
    private const int AT_FDCWD = -100;

    /// <summary>Opens a directory for reading, which is what fsync of a directory needs; File.OpenHandle refuses directories.</summary>
    internal static SafeFileHandle OpenDirectory(string path) => OpenHandle(path, O_RDONLY | O_DIRECTORY);

    /// <summary>Opens or creates (0600) a lock file. Not File.OpenHandle: that takes a shared flock of its own on every file it
    /// opens.</summary>
    internal static SafeFileHandle OpenLockFile(string path) => OpenHandle(path, O_RDWR | O_CREAT);

    internal static SafeFileHandle OpenForReading(string path) => OpenHandle(path, O_RDONLY);

    internal static void Fsync(SafeFileHandle handle, string what) => Retry(static h => FsyncCore(h), handle, "fsync", what);

    internal static void Fdatasync(SafeFileHandle handle, string what) => Retry(static h => FdatasyncCore(h), handle, "fdatasync", what);

    /// <summary>False where another open file description holds the lock.</summary>
    internal static bool TryLock(SafeFileHandle handle, string path)
    {
        while (Flock(handle, LOCK_EX | LOCK_NB) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == EWOULDBLOCK)
                return false;
            if (error != EINTR)
                throw Failure("flock", path);
        }

        return true;
    }

    internal static void Fallocate(SafeFileHandle handle, long offset, long length, string path)
    {
        // posix_fallocate returns the error instead of setting errno, and writes zeroes itself where the filesystem cannot allocate.
        int error;
        do
            error = PosixFallocate(handle, offset, length);
        while (error == EINTR);
        if (error != 0)
            throw new PosixException("posix_fallocate", path, error);
    }

    /// <summary>
    /// fallocate(2) itself: false where the filesystem cannot, instead of posix_fallocate's writing of zeroes; a full disk throws.
    /// </summary>
    internal static bool TryReserve(SafeFileHandle handle, long length, string path)
    {
        while (FallocateCore(handle, 0, 0, length) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case EINTR:
                    continue;
                case EOPNOTSUPP or ENOSYS or EINVAL:
                    return false;
                default:
                    throw Failure("fallocate", path);
            }
        }

        return true;
    }

    /// <summary>0, or the errno of a failure.</summary>
    internal static int RenameNoReplace(string source, string target) =>
        RenameAt2(AT_FDCWD, source, AT_FDCWD, target, RENAME_NOREPLACE) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>0, or the errno of a failure; replaces a file.</summary>
    internal static int Rename(string source, string target) => RenameCore(source, target) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>0, or the errno of a failure.</summary>
    internal static int Link(string source, string target) => LinkCore(source, target) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Bytes copied at the current offsets of both files, or -1 with the errno in <paramref name="error"/>.</summary>
    internal static nint CopyFileRange(SafeFileHandle source, SafeFileHandle target, nuint length, out int error)
    {
        var copied = CopyFileRangeCore(source, nint.Zero, target, nint.Zero, length, 0);
        error = copied < 0 ? Marshal.GetLastPInvokeError() : 0;
        return copied;
    }

    internal static PosixException Failure(string call, string path) => new(call, path, Marshal.GetLastPInvokeError());

    private static SafeFileHandle OpenHandle(string path, int flags)
    {
        const int OwnerOnly = 0x180; // 0600, looked at only where the file is created
        int descriptor;
        do
            descriptor = Open(path, flags | O_CLOEXEC, OwnerOnly);
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return descriptor < 0 ? throw Failure("open", path) : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static void Retry(Func<SafeFileHandle, int> call, SafeFileHandle handle, string name, string what)
    {
        while (call(handle) != 0)
        {
            if (Marshal.GetLastPInvokeError() != EINTR)
                throw Failure(name, what);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FsyncCore(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FdatasyncCore(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameCore(string source, string target);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Flock(SafeFileHandle descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int PosixFallocate(SafeFileHandle descriptor, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FallocateCore(SafeFileHandle descriptor, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameAt2(int sourceDirectory, string source, int targetDirectory, string target, uint flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int LinkCore(string source, string target);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint CopyFileRangeCore(SafeFileHandle source, nint sourceOffset, SafeFileHandle target, nint targetOffset,
        nuint length, uint flags);
}
