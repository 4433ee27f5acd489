using Howdah.Cluster;
using Howdah.Cluster.Supervision;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;

namespace Howdah.Integration.Tests.Cluster;

public sealed class ChangedPortTests
{
    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(18)]
    public async Task A_changed_port_of_the_primary_or_of_a_standby_takes_effect(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        foreach (var node in new[] { "master", "slave" })
        {
            var port = Change(lab, node);
            await lab.UpAsync();
            Assert.Equal(port, await lab.ScalarAsync(lab.Model.FindNode(node)!, "current_setting('port')"));
        }

        await using var supervised = await lab.SuperviseAsync();
        await lab.EventuallyAsync("all is well", status => status.Protected == Verdict.Good);
        foreach (var node in new[] { "slave", "master" })
        {
            var port = Change(lab, node);
            await lab.Operations().UpAsync(new UpOptions(), lab.Token);
            await lab.EventuallyAsync($"all is well with {node} on its port", status => status.Protected == Verdict.Good);
            Assert.Equal(port, await lab.ScalarAsync(lab.Model.FindNode(node)!, "current_setting('port')"));
        }
    }

    private static string Change(ClusterLab lab, string name)
    {
        var node = lab.Model.FindNode(name)!;
        var port = FreePort.Next(node.Address);
        lab.Edit(text => text.Replace($"port = {node.Port}", $"port = {port}", StringComparison.Ordinal));
        return $"{port}";
    }
}
