using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Tests.Configuration;

public sealed class ConfigDefaultsTests
{
    /// <summary>The service runs as the user postgres, and whoever made the cluster was root.</summary>
    [Theory]
    [InlineData("/etc/howdah/howdah.toml")]
    [InlineData("/etc/howdah/changed.toml")]
    [InlineData("/var/lib/howdah/shop/howdah.toml")]
    public void The_files_of_a_machine_mean_its_clusters_whoever_reads_them(string file) =>
        Assert.Equal("/var/lib/howdah", ConfigDefaults.ForFile(file).ClusterRoot);

    [Fact]
    public void Any_other_file_means_those_of_the_user() =>
        Assert.Equal(ConfigDefaults.FromEnvironment(), ConfigDefaults.ForFile("/srv/howdah.toml"));
}
