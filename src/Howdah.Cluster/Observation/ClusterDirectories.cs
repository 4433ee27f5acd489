using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Observation;

/// <summary>The directories that a cluster has on a host before anything else is in it.</summary>
internal static class ClusterDirectories
{
    public static IEnumerable<string> Of(ClusterModel model, HostModel host)
    {
        var paths = model.Paths;
        yield return paths.Root;
        yield return paths.NodesDirectory;
        yield return paths.RunDirectory;
        yield return paths.SecretsDirectory;
        yield return paths.StateDirectory;
        foreach (var node in host.Nodes)
        {
            yield return paths.NodeDirectory(node);
            yield return paths.SocketDirectory(node);
            yield return Path.GetDirectoryName(node.DataDirectory)!;
        }
    }
}
