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
        var links = Path.Combine(directory, "pg_tblspc");
        if (Directory.Exists(links))
        {
            foreach (var target in new DirectoryInfo(links).EnumerateFileSystemInfos().Select(link => link.LinkTarget).OfType<string>())
            {
                if (string.Equals(Path.GetDirectoryName(target), tablespaces, StringComparison.Ordinal))
                    Remove(target);
            }
        }

        Remove(directory);
    }

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
