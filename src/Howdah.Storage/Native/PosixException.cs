using System.Runtime.InteropServices;

namespace Howdah.Storage.Native;

/// <summary>A call of the C library failed. <see cref="Exception.HResult"/> is the errno, as in .NET's own IOExceptions on Linux.</summary>
internal sealed class PosixException : IOException
{
    internal PosixException(string call, string path, int errno)
        : base($"{call} of '{path}' failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})", errno)
    {
        Errno = errno;
    }

    internal int Errno { get; }
}
