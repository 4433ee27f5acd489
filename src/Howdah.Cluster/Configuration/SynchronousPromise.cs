namespace Howdah.Cluster.Configuration;

/// <summary>What <c>synchronous</c> of the cluster file promises: how many of which other hosts hold a commit that was answered.</summary>
public static class SynchronousPromise
{
    /// <summary>Set by users as they like, and yet it decides whether a commit waits for other hosts at all.</summary>
    public const string CommitSetting = "synchronous_commit";

    /// <summary>Those that may hold a commit of the primary: the other nodes and the backup host, by name and application_name.</summary>
    public static IReadOnlyList<(string Name, string ApplicationName)> Holders(ClusterModel model, NodeModel primary) =>
    [
        .. model.Nodes.Where(node => node != primary).Select(node => (node.Name, node.ApplicationName)),
        (model.Backup.Name, model.Backup.ApplicationName),
    ];

    /// <summary>How many of so many have to.</summary>
    public static int Needed(SynchronousMode mode, int holders) => mode switch
    {
        SynchronousMode.Any => 1,
        SynchronousMode.All => holders,
        _ => 0,
    };

    /// <summary>
    /// What a commit that was answered is worth less by the second of two cluster files, for people; null where it is worth no less.
    /// </summary>
    public static string? FindLess(ClusterModel before, ClusterModel after)
    {
        var (had, has) = (HostsOf(before), HostsOf(after));
        return has >= had ? null
            : has == 0 ? "commits will be answered before any other host holds them: whoever loses the primary loses the newest"
            : $"commits will wait for {has} other host{(has == 1 ? "" : "s")}, and no more for {had}";
    }

    // A file with a synchronous_commit that breaks the promise is not accepted.
    private static int HostsOf(ClusterModel model) => Needed(model.Synchronous, Holders(model, model.Nodes[0]).Count);

    /// <summary>With this value of synchronous_commit no commit waits for another host (PostgreSQL 11-18, manual "Settings" of WAL);
    /// the server takes the words of its booleans for on and off too.</summary>
    public static bool IsBrokenBy(string synchronousCommit) =>
        synchronousCommit.ToLowerInvariant() is "local" or "off" or "false" or "no" or "0";
}
