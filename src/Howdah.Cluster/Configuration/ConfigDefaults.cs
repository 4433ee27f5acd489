namespace Howdah.Cluster.Configuration;

/// <summary>What the defaults depend on outside the file. Taken once at process start, before privileges are dropped.</summary>
public sealed record ConfigDefaults
{
    /// <summary>Clusters of root, and of the user <c>postgres</c> that root's clusters run as.</summary>
    public const string SystemRoot = "/var/lib/howdah";

    /// <summary>Where the cluster file of a machine is, and those that are to become it.</summary>
    public const string SystemDirectory = "/etc/howdah";

    /// <summary>The directory that holds one directory per cluster; absolute.</summary>
    public required string ClusterRoot { get; init; }

    /// <summary>As root <see cref="SystemRoot"/>, else <c>$XDG_DATA_HOME/howdah</c> (by default <c>~/.local/share/howdah</c>).</summary>
    public static ConfigDefaults FromEnvironment()
    {
        if (Environment.IsPrivilegedProcess)
            return new ConfigDefaults { ClusterRoot = SystemRoot };
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        if (string.IsNullOrEmpty(data) || !Path.IsPathRooted(data)) // the XDG specification: a relative one is to be ignored
            data = Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
                ".local",
                "share"
            );
        return new ConfigDefaults { ClusterRoot = Path.Combine(data, "howdah") };
    }

    /// <summary>
    /// The defaults for a file at this path: the machine's own cluster file and the copy inside a cluster's own directory mean the
    /// machine's clusters, whoever reads them (root, or the user that root's clusters run as).
    /// </summary>
    public static ConfigDefaults ForFile(string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        var parent = Path.GetDirectoryName(directory);
        var isSystems = string.Equals(directory, SystemDirectory, StringComparison.Ordinal)
            || (string.Equals(parent, SystemRoot, StringComparison.Ordinal)
                && string.Equals(Path.GetFileName(path), "howdah.toml", StringComparison.Ordinal));
        return isSystems ? new ConfigDefaults { ClusterRoot = SystemRoot } : FromEnvironment();
    }
}
