using Howdah.Core.Errors;
using Howdah.Storage.Native;

namespace Howdah.Storage;

/// <summary>Turns what the filesystem threw into an operating error with the right code.</summary>
public static class StorageFailure
{
    // What FileStream reports where preallocation finds no room (Windows' ERROR_DISK_FULL as HRESULT, also on Linux).
    private const int DiskFullHResult = unchecked((int)0x80070070);

    /// <summary>True where the filesystem or the user's quota is full.</summary>
    public static bool IsDiskFull(Exception exception) =>
        exception is IOException && exception.HResult is Posix.ENOSPC or Posix.EDQUOT or DiskFullHResult;

    /// <summary>True for the exceptions that file access throws for reasons outside of the program.</summary>
    public static bool IsStorageError(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary><see cref="ErrorCodes.DiskFull"/>, <see cref="ErrorCodes.AccessDenied"/> or
    /// <see cref="ErrorCodes.RepositoryUnavailable"/>.</summary>
    /// <param name="attempted">What was attempted and on what, for example <c>writing /srv/repo/repository.json</c>.</param>
    /// <param name="exception">What the filesystem threw.</param>
    public static OperationException Describe(string attempted, Exception exception)
    {
        if (IsDiskFull(exception))
            return new OperationException(
                ErrorCodes.DiskFull, $"{attempted}: no space left", "free space on that filesystem, or give it more", exception);
        // A rename that is not permitted is no UnauthorizedAccessException.
        if (exception is UnauthorizedAccessException or IOException { HResult: Posix.EACCES or Posix.EPERM })
            return new OperationException(
                ErrorCodes.AccessDenied,
                $"{attempted}: permission denied to user {Environment.UserName}: {exception.Message}",
                "run it as the user that owns the cluster, or give this user the right (a new directory: install -d -o "
                + $"{Environment.UserName} DIR); every directory above has to be passable, too",
                exception);
        return new OperationException(ErrorCodes.RepositoryUnavailable, $"{attempted}: {exception.Message}", innerException: exception);
    }

    /// <summary>Runs <paramref name="action"/> and describes what it throws.</summary>
    public static T Run<T>(string attempted, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (IsStorageError(exception))
        {
            throw Describe(attempted, exception);
        }
    }

    /// <summary>Runs <paramref name="action"/> and describes what it throws.</summary>
    public static void Run(string attempted, Action action) => Run(attempted, () =>
    {
        action();
        return true;
    });
}
