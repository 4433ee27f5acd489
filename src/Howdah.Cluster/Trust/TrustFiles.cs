using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Trust;

/// <summary>Reads and writes the files of <see cref="TrustPaths"/>, and says in our words what the filesystem threw.</summary>
internal static class TrustFiles
{
    /// <summary>0644: certificates and revocations are public, and PostgreSQL may run as another user.</summary>
    public const UnixFileMode Public = AtomicFile.OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>4 MiB: the largest file we write is the full revocation list, 10 000 entries of less than 300 bytes.</summary>
    private const int MaxFileBytes = 4 << 20;

    /// <summary>A holder of the lock writes one or two small files: a few syncs, on the slowest disks about a second.</summary>
    private static readonly TimeSpan LongestWaitForLock = TimeSpan.FromSeconds(10);

    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Takes the directory's lock, making the directory where it is missing.</summary>
    /// <param name="paths">Where.</param>
    /// <param name="purpose">What the lock is for, for messages.</param>
    /// <param name="longestWait">Null for ten seconds.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Locked"/> where another holder keeps it for longer.</exception>
    public static FileLock Acquire(TrustPaths paths, string purpose, TimeSpan? longestWait = null) => Run(purpose, () =>
    {
        DirectorySync.Create(paths.Directory, DirectoryMode);
        FileLock? held = null;
        SpinWait.SpinUntil(() => (held = FileLock.TryAcquire(paths.Lock)) is not null, longestWait ?? LongestWaitForLock);
        return held ?? FileLock.Acquire(paths.Lock, purpose);
    });

    /// <summary>The file's bytes; null where there is no such file.</summary>
    public static byte[]? Read(string path) => Run($"reading {path}", () =>
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            return null;
        if (file.Length > MaxFileBytes)
            throw Invalid(path, $"it has {file.Length} bytes, and none of ours has more than {MaxFileBytes}");
        return File.ReadAllBytes(path);
    });

    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var bytes = content.ToArray();
        Run($"writing {path}", () =>
        {
            AtomicFile.Write(path, bytes, mode);
            return true;
        });
    }

    public static PutResult PutIfAbsent(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var bytes = content.ToArray();
        return Run($"writing {path}", () => AtomicFile.PutIfAbsent(path, bytes, mode));
    }

    public static void Delete(string path) => Run($"deleting {path}", () =>
    {
        File.Delete(path);
        return true;
    });

    public static OperationException Invalid(string path, string seen, Exception? cause = null) => new(
        ErrorCodes.TrustFileInvalid, $"reading {path}: {seen}", "put back the file as it was, from a backup or another host", cause);

    private static T Run<T>(string attempted, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (StorageFailure.IsDiskFull(exception))
        {
            throw StorageFailure.Describe(attempted, exception);
        }
        catch (Exception exception) when (StorageFailure.IsStorageError(exception))
        {
            throw new OperationException(
                ErrorCodes.TrustUnavailable,
                $"{attempted}: {exception.Message}",
                "run as the user whom the directory belongs to",
                exception);
        }
    }
}
