using Howdah.Cluster.Observation;
using Howdah.Storage;

namespace Howdah.Cluster.Execution;

/// <summary>Removal and renaming of data directories: the only place where data is deleted.</summary>
internal static class DataDirectories
{
    /// <summary>Removes a directory with all that is in it; links in it are removed, not followed. Nothing where it is not there.</summary>
    public static void Remove(string directory)
    {
        if (!Directory.Exists(directory))
            return;
        Directory.Delete(directory, recursive: true);
        DirectorySync.Flush(Path.GetDirectoryName(directory)!);
    }

    /// <summary>Removes a data directory and those of its tablespaces that lie in <paramref name="tablespaces"/>; others are not
    /// ours.</summary>
    public static void RemoveWithTablespaces(string directory, string tablespaces)
    {
        foreach (var target in TablespacesOf(directory))
        {
            if (string.Equals(Path.GetDirectoryName(target), tablespaces, StringComparison.Ordinal))
                Remove(target);
        }

        Remove(directory);
    }

    /// <summary>
    /// Removes what the server of a data directory has in its tablespaces: in each a directory of its version, which would keep a next
    /// cluster from using the place. The place itself belongs to whoever has made it.
    /// </summary>
    public static void RemoveTablespaceContents(string directory, int major)
    {
        foreach (var target in TablespacesOf(directory).Where(Directory.Exists))
        {
            foreach (var content in Directory.GetDirectories(target, $"PG_{major}_*"))
                Remove(content);
        }
    }

    /// <summary>Where the links of a data directory's tablespaces lead.</summary>
    public static IEnumerable<string> TablespacesOf(string directory) =>
        DataDirectoryFiles.TablespaceLinks(directory).Select(link => link.LinkTarget!);

    /// <summary>Renames a directory on its filesystem, durably; what is inside must be durable already.</summary>
    public static void Rename(string source, string target)
    {
        Directory.Move(source, target);
        DirectorySync.Flush(Path.GetDirectoryName(target)!);
    }

    /// <summary>Makes way for a rename: removes a directory that is there and empty.</summary>
    public static void RemoveEmpty(string directory)
    {
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: false);
    }
}
