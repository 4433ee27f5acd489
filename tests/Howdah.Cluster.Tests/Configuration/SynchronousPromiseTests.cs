using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Tests.Configuration;

public sealed class SynchronousPromiseTests
{
    [Theory]
    [InlineData("any", "off", "", "commits will be answered before any other host holds them: whoever loses the primary loses the newest")]
    [InlineData("all", "any", "", "commits will wait for 1 other host, and no more for 2")]
    [InlineData("all", "all", "synchronous_commit = \"local\"",
        "commits will be answered before any other host holds them: whoever loses the primary loses the newest")]
    [InlineData("off", "any", "", null)]
    [InlineData("any", "any", "work_mem = \"7MB\"", null)]
    public void A_cluster_file_that_promises_less_is_told(string before, string after, string setting, string? less) =>
        Assert.Equal(less, SynchronousPromise.FindLess(Model(before, ""), Model(after, setting)));

    private static ClusterModel Model(string mode, string setting)
    {
        var model = SeenCluster.ModelIn("/tmp/lab", $"[settings]\n{setting}");
        return model with { Synchronous = Enum.Parse<SynchronousMode>(mode, ignoreCase: true) };
    }
}
