using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>A restored copy in a node's place that has not reached its target yet.</summary>
public sealed class UnfinishedRecoveryTests
{
    [Theory]
    [InlineData(11, "recovery.conf", "restore_command = 'false'\n")]
    [InlineData(15, "recovery.signal", "")]
    [InlineData(18, "howdah-restore.incomplete", "{}")]
    public async Task It_is_not_started_and_nothing_of_it_is_changed(int major, string name, string content)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        await using var lab = new ClusterLab(major);
        await lab.UpAsync();
        await lab.Operations().DownAsync(lab.Token);
        var file = Path.Combine(lab.Master.DataDirectory, name);
        await File.WriteAllTextAsync(file, content, TestEnvironment.Stop);

        var refused = await Assert.ThrowsAsync<OperationException>(() => lab.UpAsync());

        Assert.Equal(ErrorCodes.Refused, refused.Code);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(file, TestEnvironment.Stop));
        Assert.False(File.Exists(Path.Combine(lab.Master.DataDirectory, "postmaster.pid")));
        File.Delete(file);
        await lab.UpAsync();
    }
}
