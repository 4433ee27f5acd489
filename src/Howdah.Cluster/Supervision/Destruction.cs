using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Supervision;

/// <summary>Removes what a cluster has made, and nothing else: other files in its directory stay, and then so does the directory.</summary>
internal static class Destruction
{
    public static void Run(ClusterModel model)
    {
        foreach (var paths in model.Nodes.Select(NodePaths.Of))
        {
            string[] own =
                [paths.Data, paths.Initializing, paths.Staged, paths.Unfinished, paths.Replaced, paths.Removed, paths.Tablespaces];
            foreach (var directory in own)
            {
                DataDirectories.RemoveTablespaceContents(directory, model.PostgresMajor);
                DataDirectories.Remove(directory);
            }

            var intent = paths.Unfinished + ".intent";
            // Not even its directory need be there.
            if (File.Exists(intent))
                File.Delete(intent);
        }

        DataDirectories.Remove(model.Backup.RepositoryDirectory);
        var root = model.Paths;
        foreach (var directory in new[] { root.NodesDirectory, root.SecretsDirectory, root.RunDirectory, root.StateDirectory })
            DataDirectories.Remove(directory);
        File.Delete(root.ClusterFile);
        if (Directory.Exists(root.Root) && !Directory.EnumerateFileSystemEntries(root.Root).Any())
            RemoveRoot(root.Root);
    }

    private static void RemoveRoot(string root)
    {
        try
        {
            Directory.Delete(root);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            // The directory above is somebody else's (root made it): an empty directory stays, and does no harm.
        }
    }
}
