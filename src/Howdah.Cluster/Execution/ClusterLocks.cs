using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Storage;

namespace Howdah.Cluster.Execution;

/// <summary>Takes the two locks of a cluster.</summary>
internal static class ClusterLocks
{
    /// <summary>Who only looks whether the lock is held holds it for an instant; this outlasts such looks.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Null where another process supervises.</summary>
    public static async Task<FileLock?> TrySuperviseAsync(ClusterPaths paths, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            if (FileLock.TryAcquire(SupervisorLock.SupervisorPath(paths)) is { } held)
                return held;
            if (time.GetElapsedTime(began) > Patience)
                return null;
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    public static FileLock Change(ClusterModel model)
    {
        // An up that was refused at once may have left a cluster without it.
        DirectorySync.Create(model.Paths.RunDirectory);
        return FileLock.Acquire(SupervisorLock.ChangePath(model.Paths), $"changing cluster {model.Name}");
    }
}
