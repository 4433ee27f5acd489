using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Server;

namespace Howdah.Integration.Tests.Cluster;

public sealed class DestroyTests
{
    [Fact]
    public async Task A_server_that_was_never_adopted_runs_on_and_an_adopted_one_goes()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        await using var scene = await AdoptionScene.StartAsync(new TestServerOptions
        {
            HbaLines = ["host all app 127.0.0.1/32 scram-sha-256"],
        });
        await scene.WriteClusterFileAsync();
        var data = scene.Main.DataDirectory;
        Directory.CreateDirectory(scene.Model.Paths.Root);
        var postmaster = AdoptionScene.Postmaster(scene.Main);

        var scope = await scene.Operations().DestroyAsync(scene.Token);
        Assert.Equal([data], scope.Left);
        Assert.Empty(scope.Removed);
        Assert.Equal(postmaster, AdoptionScene.Postmaster(scene.Main));
        Assert.Equal("0", await scene.Main.ScalarAsync("select count(*) from paid"));

        await scene.AdoptAsync();
        await scene.UpAsync();
        Assert.Equal([data], scene.Operations().FindDestructionScope().Removed);
        scope = await scene.Operations().DestroyAsync(scene.Token);
        Assert.Empty(scope.Left);
        Assert.False(Directory.Exists(data));
    }
}
