using Howdah.Core.Errors;

namespace Howdah.Storage;

/// <summary>
/// Whether something is at a path. <c>File.Exists</c> says no also where it may not look, and what is taken for absent is made anew: a
/// data directory that could not be read would be initialised.
/// </summary>
public static class Presence
{
    /// <summary>A file, or something else that is no directory.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.AccessDenied"/> or <see cref="ErrorCodes.RepositoryUnavailable"/>: it
    /// cannot be known.</exception>
    public static bool OfFile(string path) => Look(path) is { } found && !found.HasFlag(FileAttributes.Directory);

    /// <summary>A directory, or a link to one.</summary>
    /// <exception cref="OperationException">As of <see cref="OfFile"/>.</exception>
    public static bool OfDirectory(string path) => Look(path)?.HasFlag(FileAttributes.Directory) ?? false;

    /// <summary>Null where nothing is there.</summary>
    private static FileAttributes? Look(string path)
    {
        try
        {
            return File.GetAttributes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (StorageFailure.IsStorageError(exception))
        {
            throw StorageFailure.Describe($"looking at {path}", exception);
        }
    }
}
