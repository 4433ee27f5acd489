using Howdah.Integration.Tests.Fixtures;
using Npgsql;

namespace Howdah.EndToEnd.Tests;

/// <summary>howdah restore as a user types it, and the copy as its user starts it.</summary>
public sealed class RestoreCommandTests
{
    private const int Refused = 16;
    private const string Marks = "select string_agg(n::text, ',' order by n) from mark";

    [Fact]
    public async Task Each_option_of_a_target_ends_at_its_row()
    {
        await using var lab = await Lab.UpAsync(new LabOptions(Newest) { HasStandby = false });
        var oid = await MakeTablespaceAsync(lab);
        await lab.CreateAppRoleAsync();
        await lab.SqlAsync("master", "create table mark (n int)");
        var snapshot = (await lab.HowdahAsync("backup", "--quiet")).TrimEnd('\n');

        await MarkAsync(lab, 1);
        var time = await lab.SqlAsync("master", "select clock_timestamp()");
        await MarkAsync(lab, 2);
        var lsn = await lab.SqlAsync("master", "select pg_current_wal_lsn()");
        await MarkAsync(lab, 3);
        await lab.SqlAsync("master", "select pg_create_restore_point('four')");
        await MarkAsync(lab, 4);
        var xid = await lab.SqlAsync("master", "with one as (insert into mark values (5) returning xmin) select xmin from one");
        await MarkAsync(lab, 6);
        await AwaitReceivedAsync(lab);

        // In its tablespace's own place the original lives.
        Assert.Equal(Refused, (await lab.TryHowdahAsync("restore", "--to", lab.File("refused"))).ExitCode);
        Assert.False(Directory.Exists(lab.File("refused")));
        await ExpectPausedAsync(lab, "", lab.File("space"), snapshot, "--target-immediate");
        await ExpectPausedAsync(lab, "1,2,3", oid, "--target-name", "four");
        await ExpectPausedAsync(lab, "1,2,3,4,5", "space", "--target-xid", xid);
        await ExpectPromotedAsync(lab, "1,2,3,4", "--target-xid", xid, "--target-exclusive", "--target-action", "promote");
        await ExpectPromotedAsync(lab, "1", "--target-time", time, "--target-action", "promote");
        await ExpectStoppedAsync(lab, "1,2", "--target-lsn", lsn, "--target-action", "shutdown");
        await ExpectAtItsAddressAsync(lab, "1,2,3,4,5,6");

        await PutInPlaceAsync(lab, "--target-name", "four", "--target-action", "promote");
        await MarkAsync(lab, 10);
        await AwaitReceivedAsync(lab);
        await ExpectPromotedAsync(lab, "1,2,3,10", "--target-timeline", "latest");
        await ExpectPromotedAsync(lab, "1,2,3,4,5,6", "--target-timeline", "1");
        await ExpectPromotedAsync(lab, "1,2,3,4,5,6", snapshot, "--target-timeline", "current");
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Ends), MemberType = typeof(SupportedMajors))]
    public async Task A_copy_made_as_standby_streams_through_its_slot_with_the_password_from_the_passfile(int major)
    {
        await using var lab = await Lab.UpAsync(new LabOptions(major) { HasStandby = false });
        await lab.SqlAsync("master", "create table mark (n int)");
        await MarkAsync(lab, 1);
        await lab.SqlAsync("master", "select pg_create_physical_replication_slot('copy', true)");
        await using var copy = new RestoredCopy(major, lab.File("copy"), lab.Port);
        await lab.HowdahAsync("restore", "--to", copy.Directory, "--as-standby", "--slot", "copy");
        await copy.StartAsync();

        const string follower = "select usename, state, slot_name from pg_stat_replication r join pg_replication_slots s"
            + " on s.active_pid = r.pid where application_name = 'restored'";
        await TestWait.UntilAsync(
            "the copy streams", async () => await lab.SqlAsync("master", follower) == "streaming_barman|streaming|copy");
        await MarkAsync(lab, 2);
        await TestWait.UntilAsync("what is written now is on the copy", async () => await copy.SqlAsync(Marks) == "1,2");
        Assert.Equal("t", await copy.SqlAsync("select pg_is_in_recovery()"));

        var settings = await File.ReadAllTextAsync(
            Path.Combine(copy.Directory, major < 12 ? "recovery.conf" : "postgresql.auto.conf"), TestEnvironment.Stop);
        Assert.Contains($" passfile={Path.Combine(lab.Home, "secrets", "passfile")} ", settings);
        Assert.DoesNotContain("password=", settings);
    }

    private static int Newest => SupportedMajors.Ends.Select(row => row.Data).Max();

    private static Task MarkAsync(Lab lab, int row) => lab.SqlAsync("master", $"insert into mark values ({row})");

    /// <returns>Its number.</returns>
    private static async Task<string> MakeTablespaceAsync(Lab lab)
    {
        Directory.CreateDirectory(lab.File("space"));
        await TestDirectory.GiveToServerUserAsync(lab.File("space"));
        await lab.SqlAsync("master", $"create tablespace space location '{lab.File("space")}'");
        await lab.SqlAsync("master", "create table far tablespace space as select 'far' as text");
        return await lab.SqlAsync("master", "select oid from pg_tablespace where spcname = 'space'");
    }

    private static Task AwaitReceivedAsync(Lab lab) => TestWait.UntilAsync(
        "the repository has all WAL",
        async () => await lab.SqlAsync(
            "master",
            "select count(*) from pg_stat_replication where application_name = 'barman_receive_wal'"
                + " and flush_lsn >= pg_current_wal_flush_lsn()") == "1");

    /// <summary>Restores into a new place.</summary>
    /// <param name="lab">Whose.</param>
    /// <param name="tablespace">What --tablespace calls it.</param>
    /// <param name="arguments">The rest of the command.</param>
    private static async Task<RestoredCopy> RestoreAsync(Lab lab, string tablespace, params string[] arguments)
    {
        var place = lab.File($"copy-{Path.GetRandomFileName()[..6]}");
        await lab.HowdahAsync(["restore", "--to", place, "--tablespace", $"{tablespace}={place}.space", .. arguments]);
        return new RestoredCopy(lab.Options.Major, place, lab.Port);
    }

    private static async Task AssertRowsAsync(string rows, RestoredCopy copy, IReadOnlyList<string> arguments)
    {
        var what = string.Join(' ', arguments);
        Assert.Equal($"{what}: {rows}", $"{what}: {await copy.SqlAsync(Marks)}");
        const string far = "select text, pg_tablespace_location(t.oid) from far, pg_tablespace t where spcname = 'space'";
        Assert.Equal($"far|{copy.Directory}.space", await copy.SqlAsync(far));
    }

    private static async Task ExpectPausedAsync(Lab lab, string rows, string tablespace, params string[] arguments)
    {
        await using var copy = await RestoreAsync(lab, tablespace, arguments);
        await copy.StartAsync();
        await copy.AwaitPausedAsync();
        await AssertRowsAsync(rows, copy, arguments);
    }

    private static async Task ExpectPromotedAsync(Lab lab, string rows, params string[] arguments)
    {
        await using var copy = await RestoreAsync(lab, "space", arguments);
        await copy.StartAsync();
        await copy.AwaitPromotedAsync();
        await AssertRowsAsync(rows, copy, arguments);
    }

    /// <summary>Stopped at the target, it goes on from there when it is told to.</summary>
    private static async Task ExpectStoppedAsync(Lab lab, string rows, params string[] arguments)
    {
        await using var copy = await RestoreAsync(lab, "space", arguments);
        await copy.TryStartAsync();
        await TestWait.UntilAsync("the server is gone", () => !copy.Runs);
        Assert.Contains("shutdown at recovery target", await copy.ReadLogAsync());

        await File.AppendAllTextAsync(
            Path.Combine(copy.Directory, "postgresql.auto.conf"), "\nrecovery_target_action = promote\n", TestEnvironment.Stop);
        await copy.StartAsync();
        await copy.AwaitPromotedAsync();
        await AssertRowsAsync(rows, copy, arguments);
    }

    /// <summary>The newest moment, without a target, where others can reach it.</summary>
    private static async Task ExpectAtItsAddressAsync(Lab lab, string rows)
    {
        const string address = "127.0.254.9";
        var port = FreePort.Next(address);
        string[] arguments = ["--listen", address, "--port", $"{port}"];
        await using var restored = await RestoreAsync(lab, "space", arguments);
        await using var copy = new RestoredCopy(lab.Options.Major, restored.Directory, port);
        await copy.StartAsync();
        await copy.AwaitPromotedAsync();
        await AssertRowsAsync(rows, copy, arguments);
        Assert.DoesNotContain("could not write", await copy.ReadLogAsync());

        await using var connection = await lab.ConnectAsync(address, port);
        await using var command = new NpgsqlCommand("select host(inet_server_addr()) || ':' || inet_server_port()", connection);
        Assert.Equal($"{address}:{port}", await command.ExecuteScalarAsync(TestEnvironment.Stop));
    }

    /// <summary>What docs/tasks/back-up-and-restore.md says under "Put a restored copy in the primary's place".</summary>
    private static async Task PutInPlaceAsync(Lab lab, params string[] arguments)
    {
        var data = lab.DataOf("master");
        await lab.HowdahAsync("down");
        Directory.Move(data, data + ".before");
        await lab.HowdahAsync(["restore", "--to", data, "--tablespace", $"space={data}.space", .. arguments]);
        await using (var copy = new RestoredCopy(lab.Options.Major, data, lab.Port))
        {
            await copy.StartAsync();
            await copy.AwaitPromotedAsync();
            await AssertRowsAsync("1,2,3", copy, arguments);
            await copy.SqlAsync("alter system reset all");
            await copy.StopAsync();
        }

        await lab.HowdahAsync("up", "--detach");
    }
}
