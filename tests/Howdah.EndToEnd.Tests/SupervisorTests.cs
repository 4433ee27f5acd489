using System.Net;
using System.Net.Sockets;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>How howdah up begins, lives and ends, as a process.</summary>
public sealed class SupervisorTests
{
    private const int Interrupted = 130;

    [Fact]
    public async Task A_port_that_is_taken_is_told_before_anything_is_made_there()
    {
        await using var lab = await Lab.CreateAsync();
        using var other = new TcpListener(IPAddress.Parse(lab.StandbyAddress), lab.Port);
        other.Start();
        var result = await lab.TryHowdahAsync("up", "--detach");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"something else listens on {lab.StandbyAddress}:{lab.Port}, where slave is to run", result.Error);
        Assert.False(Directory.Exists(lab.DataOf("master")));
    }

    [Fact]
    public async Task A_destroyed_cluster_leaves_nothing_in_its_tablespaces()
    {
        await using var lab = await Lab.UpAsync(new LabOptions { HasStandby = false });
        var place = lab.File("far");
        Directory.CreateDirectory(place);
        await TestDirectory.GiveToServerUserAsync(place);
        await lab.SqlAsync("master", $"create tablespace far location '{place}'");
        await lab.SqlAsync("master", "create table t tablespace far as select 1 as x");
        await lab.HowdahAsync("destroy", "--yes");
        Assert.Empty(Directory.GetFileSystemEntries(place));
    }

    [Fact]
    public async Task A_frozen_up_is_not_reported_as_healthy()
    {
        await using var lab = await Lab.UpAsync();
        var services = lab.Services();
        foreach (var service in services) ProcessTree.Signal(service, ProcessTree.SigStop);
        try
        {
            await TestWait.UntilAsync(
                "status tells of the silence",
                async () => await lab.TryHowdahAsync("status") is { ExitCode: 1 } status
                    && status.Output.Contains("has shown no sign of life for"));
        }
        finally
        {
            foreach (var service in services) ProcessTree.Signal(service, ProcessTree.SigCont);
        }

        await TestWait.UntilAsync("status is well again", async () => (await lab.TryHowdahAsync("status")).ExitCode == 0);
    }

    [Fact]
    public async Task A_second_interrupt_ends_up_at_once_whatever_hangs()
    {
        await using var lab = await Lab.CreateAsync(new LabOptions { HasStandby = false });
        using var up = TestCommand.Start([HowdahBinary.Path, "up"], lab.Environment());
        await ReadUntilAsync(up.StandardError, "is up");
        var frozen = ProcessTree.WithChildren(lab.Postmaster("master")!.Value);
        foreach (var process in frozen) ProcessTree.Signal(process, ProcessTree.SigStop);
        try
        {
            ProcessTree.Signal(up.Id, ProcessTree.SigInt);
            await ReadUntilAsync(up.StandardError, "stopping");
            ProcessTree.Signal(up.Id, ProcessTree.SigInt);
            await ReadUntilAsync(up.StandardError, "ended by a second signal");
            await up.WaitForExitAsync(TestEnvironment.Stop).WaitAsync(TimeSpan.FromSeconds(5));
            Assert.Equal(Interrupted, up.ExitCode);
        }
        finally
        {
            foreach (var process in frozen) ProcessTree.Signal(process, ProcessTree.SigCont);
        }
    }

    private static async Task ReadUntilAsync(StreamReader reader, string words)
    {
        while (await reader.ReadLineAsync(TestEnvironment.Stop).AsTask().WaitAsync(TestCommand.Deadline) is { } line)
        {
            if (line.Contains(words, StringComparison.Ordinal)) return;
        }

        Assert.Fail($"it ended without a line with '{words}'");
    }
}
