using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Tests.Configuration;

public sealed class SynchronousPromiseTests
{
    [Theory]
    [InlineData("any", "off", "commits will be answered before any other host holds them: whoever loses the primary loses the newest")]
    [InlineData("all", "any", "commits will wait for 1 other host, and no more for 2")]
    [InlineData("off", "any", null)]
    [InlineData("any", "any", null)]
    public void A_cluster_file_that_promises_less_is_told(string before, string after, string? less) =>
        Assert.Equal(less, SynchronousPromise.FindLess(Model(before), Model(after)));

    private static ClusterModel Model(string mode) =>
        SeenCluster.Model with { Synchronous = Enum.Parse<SynchronousMode>(mode, ignoreCase: true) };
}
