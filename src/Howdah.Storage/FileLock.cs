using System.Globalization;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Storage;

/// <summary>
/// An exclusive lock between processes on one machine: flock on a file that names its holder. The kernel lets go of it when the
/// holder ends, however it ends, so a lock is never stale.
/// </summary>
/// <remarks>The file stays; who unlinks lock files must know that a second process may hold the unlinked one.</remarks>
public sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _handle;

    private FileLock(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Null where another holder has it, in this process or another.</summary>
    public static FileLock? TryAcquire(string path)
    {
        var handle = Posix.OpenLockFile(path);
        try
        {
            if (!Posix.TryLock(handle, path))
            {
                handle.Dispose();
                return null;
            }

            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(
                handle, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")), 0);
            return new FileLock(handle, path);
        }
        catch (IOException)
        {
            handle.Dispose();
            throw;
        }
    }

    /// <param name="path">The lock file; created where missing.</param>
    /// <param name="purpose">What the lock protects, for the message: "receiving WAL into /srv/repo".</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Locked"/>, naming the holder's process id.</exception>
    public static FileLock Acquire(string path, string purpose)
    {
        if (TryAcquire(path) is { } held)
            return held;
        var holder = ReadHolder(path);
        var who = holder is null ? "another process" : string.Create(CultureInfo.InvariantCulture, $"process {holder}");
        throw new OperationException(ErrorCodes.Locked, $"{purpose}: {who} is doing that now (lock {path})", "wait for it, or stop it");
    }

    /// <summary>The process id in a lock file; null where there is none. It may have ended: only trying the lock tells.</summary>
    public static int? ReadHolder(string path)
    {
        if (!File.Exists(path))
            return null;
        using var handle = Posix.OpenForReading(path);
        Span<byte> text = stackalloc byte[16];
        var length = RandomAccess.Read(handle, text, 0);
        return int.TryParse(Encoding.ASCII.GetString(text[..length]).Trim(), CultureInfo.InvariantCulture, out var pid) ? pid : null;
    }

    public void Dispose() => _handle.Dispose();
}
