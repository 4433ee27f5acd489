using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Adoption;

/// <summary>Puts a completed cluster file in the place of the one that it was made from, which stays beside it.</summary>
public static class ClusterFileKeeper
{
    /// <summary>How the file of before ends.</summary>
    public const string FormerSuffix = ".before-adopt";

    /// <param name="path">The cluster file.</param>
    /// <param name="former">What it held when it was read.</param>
    /// <param name="text">What it is to hold.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: it was changed since it was read; or it cannot be
    /// written.</exception>
    public static void Replace(string path, string former, string text) => StorageFailure.Run($"writing cluster file {path}", () =>
    {
        if (File.ReadAllText(path) != former)
            throw new OperationException(ErrorCodes.Refused, $"{path} was changed since it was read", "run: howdah adopt");
        var mode = File.GetUnixFileMode(path);
        AtomicFile.Write(path + FormerSuffix, former, mode);
        AtomicFile.Write(path, text, mode);
    });
}
