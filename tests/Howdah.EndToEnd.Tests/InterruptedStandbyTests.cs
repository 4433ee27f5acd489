using System.Globalization;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>
/// Laws 6 and 7 for what is asked of a standby: killed at every step and run again it converges, and at no moment is the old data gone
/// before the new is verified. Nobody watches the cluster meanwhile, who would go on with it.
/// </summary>
public sealed class InterruptedStandbyTests
{
    private const int AccessDenied = 21;
    private const int KilledBySignal9 = 137;

    private const string Copy = "copy master to slave by a base backup, and verify it";
    private const string Remove = "remove the data that was replaced on slave";

    [Theory]
    [InlineData(11)]
    [InlineData(18)]
    public async Task A_rebuild_killed_at_every_step_converges_and_keeps_the_old_data_until_then(int major)
    {
        await using var lab = await Lab.UpAsync(new LabOptions(major));
        await lab.KillServicesAsync();
        await MarkAsync(lab);
        var isVerified = false;
        var rebuild = new KilledCommand(lab, "standby", "rebuild", "slave")
        {
            AfterKill = kill =>
            {
                isVerified |= kill.Boundary == $"end {Copy}";
                Assert.True(PlacesWithMark(lab).Count > 0 || (isVerified && IsData(lab.DataOf("slave"))), $"{kill}: the old data is gone");
            },
        };
        await rebuild.RunAsync();

        var activate = $"put the verified copy in place and start slave on {lab.StandbyAddress}:{lab.Port}";
        string[] wanted = [$"start {Copy}", $"end {Copy}", $"start {activate}", $"end {activate}", $"start {Remove}"];
        Assert.Empty(wanted.Except(rebuild.Boundaries));
        rebuild.AssertAtBoundaries([Copy]);
        await AssertFollowsAsync(lab);
        Assert.Empty(PlacesWithMark(lab));
    }

    [Fact]
    public async Task A_rebuild_killed_between_the_old_data_and_the_new_converges()
    {
        await using var lab = await Lab.UpAsync();
        await lab.KillServicesAsync();
        await MarkAsync(lab);
        var replaced = lab.DataOf("slave") + ".old";
        await KillAsync(lab, "rebuild", () => Directory.Exists(replaced));
        Assert.StartsWith("put the verified copy in place", lab.ReadIntent());
        Assert.Equal([replaced], PlacesWithMark(lab));

        await lab.HowdahAsync("standby", "rebuild", "slave");
        await AssertFollowsAsync(lab);
        Assert.Empty(PlacesWithMark(lab));
    }

    [Fact]
    public async Task An_addition_killed_at_every_step_converges()
    {
        await using var lab = await Lab.UpAsync();
        await lab.KillServicesAsync();
        await lab.HowdahAsync("standby", "remove", "slave");
        Assert.Equal("barman", await SlotsAsync(lab));
        var add = new KilledCommand(lab, "standby", "add", "slave");
        await add.RunAsync();

        // It is made in less time than a kill takes to arrive, so that its end may not be met.
        Assert.Contains(add.Boundaries, boundary => boundary.StartsWith("start create slot slave", StringComparison.Ordinal));
        Assert.Contains($"start {Copy}", add.Boundaries);
        Assert.Contains($"end {Copy}", add.Boundaries);
        await AssertFollowsAsync(lab);
    }

    /// <summary>A removal tells of no steps; it is held at each of them by what it needs for the next one.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(18)]
    public async Task A_removal_killed_at_every_step_converges_and_deletes_nothing(int major)
    {
        await using var lab = await Lab.UpAsync(new LabOptions(major));
        await lab.KillServicesAsync();
        await MarkAsync(lab);
        var noted = Path.Combine(lab.Home, "state", "removed-slave");

        // It is noted, and the server does not stop. What is half taken out can be had back.
        await WhileFrozenAsync(lab.Postmaster("slave")!.Value, () => KillAsync(lab, "remove", () => File.Exists(noted)));
        Assert.Equal("barman,slave", await SlotsAsync(lab));
        Assert.Equal([lab.DataOf("slave")], PlacesWithMark(lab));
        await lab.HowdahAsync("standby", "add", "slave");
        Assert.False(File.Exists(noted));

        // The server has stopped, and its slot is still in use.
        var walsender = int.Parse(
            await lab.SqlAsync("master", "select active_pid from pg_replication_slots where slot_name = 'slave'"),
            CultureInfo.InvariantCulture);
        var running = Path.Combine(lab.DataOf("slave"), "postmaster.pid");
        await WhileFrozenAsync(walsender, () => KillAsync(lab, "remove", () => !File.Exists(running)));
        Assert.Equal("barman,slave", await SlotsAsync(lab));
        Assert.Equal([lab.DataOf("slave")], PlacesWithMark(lab));

        // The slot is gone, and the directory cannot be renamed.
        await AssertRenameIsRefusedAsync(lab);
        Assert.Equal("barman", await SlotsAsync(lab));
        Assert.Equal([lab.DataOf("slave")], PlacesWithMark(lab));

        for (var again = 0; again < 2; again++)
        {
            await lab.HowdahAsync("standby", "remove", "slave");
            Assert.Equal([lab.DataOf("slave") + ".removed"], PlacesWithMark(lab));
            Assert.False(Directory.Exists(lab.DataOf("slave")));
            Assert.Equal("barman", await SlotsAsync(lab));
        }
    }

    /// <summary>Kills the command as soon as the condition holds.</summary>
    private static async Task KillAsync(Lab lab, string verb, Func<bool> condition)
    {
        using var command = TestCommand.Start([HowdahBinary.Path, "standby", verb, "slave"], lab.Environment());
        await TestWait.UntilAsync($"the moment to kill standby {verb}", condition);
        ProcessTree.Signal(command.Id, ProcessTree.SigKill);
        await command.WaitForExitAsync(TestEnvironment.Stop);
        Assert.Equal(KilledBySignal9, command.ExitCode);
    }

    private static async Task WhileFrozenAsync(int process, Func<Task> action)
    {
        ProcessTree.Signal(process, ProcessTree.SigStop);
        try
        {
            await action();
        }
        finally
        {
            ProcessTree.Signal(process, ProcessTree.SigCont);
        }
    }

    private static async Task AssertRenameIsRefusedAsync(Lab lab)
    {
        var place = Path.GetDirectoryName(lab.DataOf("slave"))!;
        var mode = File.GetUnixFileMode(place);
        File.SetUnixFileMode(place, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            var refused = await lab.TryHowdahAsync("standby", "remove", "slave");
            Assert.Equal(AccessDenied, refused.ExitCode);
            Assert.Contains(lab.DataOf("slave") + "' is denied", refused.Error);
        }
        finally
        {
            File.SetUnixFileMode(place, mode);
        }
    }

    /// <summary>A file that only the data of before has.</summary>
    private static async Task MarkAsync(Lab lab)
    {
        var mark = Path.Combine(lab.DataOf("slave"), "mark");
        await File.WriteAllTextAsync(mark, "");
        await TestDirectory.GiveToServerUserAsync(mark);
    }

    private static List<string> PlacesWithMark(Lab lab) =>
    [
        .. Directory.GetDirectories(Path.GetDirectoryName(lab.DataOf("slave"))!)
            .Where(directory => IsData(directory) && File.Exists(Path.Combine(directory, "mark"))),
    ];

    private static bool IsData(string directory) => File.Exists(Path.Combine(directory, "PG_VERSION"));

    private static Task<string> SlotsAsync(Lab lab) =>
        lab.SqlAsync("master", "select string_agg(slot_name, ',' order by slot_name) from pg_replication_slots");

    private static async Task AssertFollowsAsync(Lab lab)
    {
        Assert.Equal("streaming", await lab.SqlAsync("slave", "select status from pg_stat_wal_receiver"));
        Assert.Equal("barman,slave", await SlotsAsync(lab));
        var left = Directory.GetDirectories(Path.GetDirectoryName(lab.DataOf("slave"))!).Select(Path.GetFileName);
        Assert.Equal(["data", .. left.Where(name => name == "data.removed")], left.Order());
        await lab.HowdahAsync("up", "--detach");
        await TestWait.UntilAsync("the cluster is protected", async () => (await lab.TryHowdahAsync("status")).ExitCode == 0);
    }
}
