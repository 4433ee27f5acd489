using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// The sign of life of a supervising process: the time of its lock file, renewed for as long as the process really runs. One that is
/// stopped or hangs still holds its lock, and must not look well.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ITimer _timer;

    private Heartbeat(string path, TimeProvider time) => _timer = time.CreateTimer(_ => Beat(path, time), null, TimeSpan.Zero, Interval);

    /// <summary>The caller holds the supervisor's lock.</summary>
    public static Heartbeat Start(ClusterPaths paths, TimeProvider time) => new(SupervisorLock.SupervisorPath(paths), time);

    public void Dispose() => _timer.Dispose();

    private static void Beat(string path, TimeProvider time)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
        }
        catch (IOException)
        {
            // A sign of life that cannot be given is missed by whoever looks for it, and the next one is a second away.
        }
    }
}
