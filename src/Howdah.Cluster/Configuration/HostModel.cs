namespace Howdah.Cluster.Configuration;

/// <summary>
/// One machine of a cluster: what shares an address; or all of the cluster, where all of its addresses are loopback addresses.
/// Its name is that of its first node, or of the backup host where it has none.
/// </summary>
public sealed record HostModel(string Name, string Address, IReadOnlyList<NodeModel> Nodes, bool IsBackupHost)
{
    public bool Has(NodeModel node) => Nodes.Contains(node);

    internal static IReadOnlyList<HostModel> Of(ClusterModel model)
    {
        if (model.IsOnOneMachine)
            return [new HostModel(model.InitialPrimary.Name, model.InitialPrimary.Address, model.Nodes, IsBackupHost: true)];
        var hosts = model.Nodes
            .GroupBy(node => node.Address, StringComparer.OrdinalIgnoreCase)
            .Select(group => new HostModel(group.First().Name, group.Key, [.. group], IsBackup(model, group.Key)))
            .ToList();
        if (!hosts.Any(host => host.IsBackupHost))
            hosts.Add(new HostModel(model.Backup.Name, model.Backup.Address, [], IsBackupHost: true));
        return hosts;
    }

    private static bool IsBackup(ClusterModel model, string address) =>
        string.Equals(address, model.Backup.Address, StringComparison.OrdinalIgnoreCase);
}
