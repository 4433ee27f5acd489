namespace Howdah.Cluster.Configuration;

/// <summary>What <c>synchronous</c> of the cluster file promises holds only while commits wait for other hosts at all.</summary>
internal static class SynchronousPromise
{
    /// <summary>With this value of synchronous_commit no commit waits for another host (PostgreSQL 11-18, manual "Settings" of WAL);
    /// the server takes the words of its booleans for on and off too.</summary>
    public static bool IsBrokenBy(string synchronousCommit) =>
        synchronousCommit.ToLowerInvariant() is "local" or "off" or "false" or "no" or "0";
}
