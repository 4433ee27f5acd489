using Howdah.Cluster.Configuration;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>The two locks of a cluster: one for whoever supervises it, one for whoever changes it just now.</summary>
internal static class SupervisorLock
{
    public static string SupervisorPath(ClusterPaths paths) => Path.Combine(paths.RunDirectory, "supervisor.lock");

    public static string ChangePath(ClusterPaths paths) => Path.Combine(paths.RunDirectory, "change.lock");

    /// <summary>When whoever supervises last showed that it lives.</summary>
    public static DateTimeOffset LastSign(ClusterPaths paths) => new(File.GetLastWriteTimeUtc(SupervisorPath(paths)));

    /// <summary>The process that supervises; null where none does.</summary>
    public static int? FindHolder(ClusterPaths paths)
    {
        var path = SupervisorPath(paths);
        if (!Presence.OfFile(path))
            return null;
        using var free = FileLock.TryAcquire(path);
        return free is null ? FileLock.ReadHolder(path) : null;
    }
}
