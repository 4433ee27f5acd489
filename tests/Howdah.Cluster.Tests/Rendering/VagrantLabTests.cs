using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Rendering;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Tests.Rendering;

/// <summary>The files in deploy/vagrant/rendered, which are for reading, are those that a host of the lab gets.</summary>
public sealed class VagrantLabTests
{
    private static readonly ClusterModel Model = ReadModel();

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    public void Rendered_files_are_up_to_date(int major)
    {
        var options = new RenderOptions
        {
            Version = PostgresVersion.OfMajor(major),
            SystemSocketDirectory = "/var/run/postgresql",
        };
        foreach (var node in Model.Nodes)
        {
            var rendering = NodeRenderer.Render(
                Model with { PostgresMajor = major }, node, node == Model.InitialPrimary ? NodeRole.Primary : NodeRole.Standby, options);
            foreach (var file in rendering.Files)
                GoldenFile.AssertEqual($"deploy/vagrant/rendered/{major}/{node.Name}/{Path.GetFileName(file.Path)}", file.Content);
        }
    }

    /// <summary>The rest of the file is initdb's; that it is so on a host is tested where three hosts run.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    public void The_line_in_postgresql_conf_is_the_one_that_is_added_to_it(int major)
    {
        foreach (var node in Model.Nodes)
        {
            var shown = File.ReadAllText(RepositoryRoot.PathOf($"deploy/vagrant/rendered/{major}/{node.Name}/postgresql.conf"));
            var end = shown.LastIndexOf(NodeRendering.IncludeLine, StringComparison.Ordinal);
            Assert.True(end > 0, $"{node.Name}: {shown}");
            Assert.Equal(ConfigurationFiles.WithInclude(shown[..end]), shown);
        }
    }

    [Fact]
    public void So_is_the_configuration_for_Barman_itself() =>
        GoldenFile.AssertEqual("deploy/vagrant/rendered/barman.conf", BarmanConfRendering.Render(Model, Model.InitialPrimary));

    private static ClusterModel ReadModel()
    {
        var text = File.ReadAllText(RepositoryRoot.PathOf("deploy/vagrant/howdah.toml"));
        return ClusterConfigReader.Read(text, "howdah.toml", new ConfigDefaults { ClusterRoot = "/var/lib/howdah" }).Model!;
    }
}
