using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>What is asked of a standby while howdah up watches the cluster.</summary>
public sealed class StandbyCommandTests
{
    private const int Refused = 16;

    [Fact]
    public async Task A_rebuild_does_not_race_the_up_that_watches()
    {
        await using var lab = await Lab.UpAsync();
        for (var round = 0; round < 3; round++)
        {
            var result = await lab.TryHowdahAsync("standby", "rebuild", "slave");
            Assert.True(result.ExitCode == 0, result.Everything);
        }

        await TestWait.UntilAsync("the cluster is protected", async () => (await lab.TryHowdahAsync("status")).ExitCode == 0);
    }

    [Fact]
    public async Task What_is_refused_has_done_nothing_and_up_does_not_call_a_lone_primary_protected()
    {
        await using var lab = await Lab.UpAsync();
        var added = await lab.TryHowdahAsync("standby", "add", "master");
        Assert.Equal(Refused, added.ExitCode);
        Assert.Contains("master is the primary", added.Error);

        var earlier = lab.DataOf("slave") + ".removed";
        Directory.CreateDirectory(earlier);
        var removal = await lab.TryHowdahAsync("standby", "remove", "slave");
        Assert.Equal(Refused, removal.ExitCode);
        Assert.Contains(earlier, removal.Error);
        Assert.NotNull(lab.Postmaster("slave"));
        Assert.Equal("1", await lab.SqlAsync("master", "select count(*) from pg_replication_slots where slot_name = 'slave'"));
        Assert.Equal(0, (await lab.TryHowdahAsync("status")).ExitCode);

        Directory.Delete(earlier);
        await lab.HowdahAsync("standby", "remove", "slave");
        var up = await lab.TryHowdahAsync("up", "--detach");
        Assert.Equal(3, up.ExitCode);
        Assert.Contains("is up, but not protected: nothing was left to do here\n  slave was removed", up.Error);

        await lab.HowdahAsync("down");
        var late = await lab.TryHowdahAsync("standby", "add", "slave");
        Assert.Equal(Refused, late.ExitCode);
        Assert.Contains("is down: slave would follow a primary that nobody watches", late.Error);
        Assert.Null(lab.Postmaster("master"));
    }

    [Fact]
    public async Task A_backup_without_a_receiver_is_refused_at_once()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { HasStandby = false });
        var services = lab.Services();
        foreach (var service in services) ProcessTree.Signal(service, ProcessTree.SigKill);
        await TestWait.UntilAsync("howdah up is gone", () => !services.Any(ProcessTree.Exists));
        var command = (IReadOnlyList<string>)[HowdahBinary.Path, "backup"];
        var result = await TestCommand.TryRunAsync(command, lab.Environment(), TimeSpan.FromSeconds(20));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("[501] backup-failed: nobody receives WAL into", result.Error);
    }
}
