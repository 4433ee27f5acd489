using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Execution;

/// <summary>Takes the two locks of a cluster.</summary>
internal static class ClusterLocks
{
    /// <summary>Who only looks whether the lock is held holds it for an instant; this outlasts such looks.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Most changes take seconds; a copy of a large standby takes longer, and then it is better to say so than to hang.</summary>
    private static readonly TimeSpan ChangePatience = TimeSpan.FromMinutes(2);

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

    /// <summary>
    /// The right to change the cluster. A supervisor takes it for seconds at a time, for a copy longer: it is waited for, with a message,
    /// so that what a person asks for neither races it nor fails by chance.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Locked"/>: it was not to be had in time.</exception>
    public static async Task<FileLock> ChangeAsync(ClusterWorkshop workshop, CancellationToken cancellationToken)
    {
        // An up that was refused at once may have left a cluster without it.
        DirectorySync.Create(workshop.Model.Paths.RunDirectory);
        var path = SupervisorLock.ChangePath(workshop.Model.Paths);
        var began = workshop.Time.GetTimestamp();
        var isTold = false;
        while (workshop.Time.GetElapsedTime(began) < ChangePatience)
        {
            if (FileLock.TryAcquire(path) is { } held)
                return held;
            if (!isTold && workshop.Time.GetElapsedTime(began) > Patience)
            {
                isTold = true;
                workshop.Announce(
                    AnnouncementLevel.Information,
                    $"process {FileLock.ReadHolder(path)} changes the cluster; waiting for it, up to {ChangePatience.TotalMinutes:0} min");
            }

            await Task.Delay(Interval, workshop.Time, cancellationToken);
        }

        return FileLock.Acquire(path, $"changing cluster {workshop.Model.Name}");
    }
}
