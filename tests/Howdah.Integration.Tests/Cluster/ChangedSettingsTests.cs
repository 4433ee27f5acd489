using Howdah.Cluster.Planning;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Server;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>An edited cluster file on a cluster that runs.</summary>
public sealed class ChangedSettingsTests
{
    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(18)]
    public async Task What_a_standby_needs_as_much_of_as_its_primary_is_raised_and_lowered(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        Assert.Equal(["slave", "master"], await RestartedAsync(lab, "max_connections = 210"));
        Assert.Equal(["master", "slave"], await RestartedAsync(lab, "max_connections = 40"));

        // The standby is down, and what it has replayed still says 40.
        await lab.Operations().DownAsync(lab.Token);
        await RestartedAsync(lab, "max_connections = 30");
    }

    [Theory]
    [InlineData(11, "shared_bufers = \"64MB\"", "unrecognized configuration parameter \"shared_bufers\"")]
    [InlineData(15, "shared_bufers = \"64MB\"", "unrecognized configuration parameter \"shared_bufers\"")]
    [InlineData(15, "shared_buffers = \"64 apples\"", "invalid value for parameter \"shared_buffers\"")]
    [InlineData(18, "deadlock_timeout = 0", "outside the valid range")]
    public async Task Settings_that_the_server_would_refuse_change_nothing(int major, string settings, string said)
    {
        if (await Unprivileged.HasRunElsewhereAsync($"{major} {settings}"))
            return;
        await using var lab = new ClusterLab(major);
        lab.Change(settings);
        await RefusedAsync();
        Assert.False(Directory.Exists(lab.Master.DataDirectory));

        lab.Change("");
        await lab.UpAsync();
        lab.Change(settings);
        await RefusedAsync();
        await Assert.ThrowsAsync<OperationException>(() => lab.Operations().PlanAsync(lab.Token));
        Assert.Equal("1", await lab.ScalarAsync(lab.Slave, "1"));

        async Task RefusedAsync()
        {
            var refused = await Assert.ThrowsAsync<OperationException>(() => lab.UpAsync());
            Assert.Equal(ErrorCodes.ConfigurationInvalid, refused.Code);
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
            Assert.Contains("[settings]", refused.Hint, StringComparison.Ordinal);
        }
    }

    /// <summary>Converges on new settings; the nodes that were restarted, in order.</summary>
    private static async Task<IEnumerable<string>> RestartedAsync(ClusterLab lab, string settings)
    {
        lab.Change(settings);
        var steps = (await lab.UpAsync()).Steps;
        var value = settings.Split(" = ");
        foreach (var node in lab.Model.Nodes)
            Assert.Equal(value[1], await lab.ScalarAsync(node, $"current_setting('{value[0]}')"));
        return steps.Where(step => step.Kind == PlanStepKind.RestartServer).Select(step => step.Subject);
    }
}
