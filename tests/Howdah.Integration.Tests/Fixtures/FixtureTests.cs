using System.Globalization;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>The ground that every other integration test stands on.</summary>
public sealed class FixtureTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_standby_follows_its_primary_and_can_be_promoted(int major)
    {
        await using var primary = await TestServer.StartAsync(new TestServerOptions(major));
        await using var standby = await TestStandby.CreateAsync(primary);
        await primary.ExecuteAsync("create table t as select 42 as answer");
        await TestStandby.WaitForReplayAsync(primary, standby);
        Assert.Equal("42", await standby.ScalarAsync("select answer from t"));

        await primary.KillAsync();
        await standby.PromoteAsync();
        Assert.Contains("42", await standby.PsqlAsync("-c", "select answer from t"), StringComparison.Ordinal);

        await primary.StartAgainAsync();
        Assert.Equal("42", await primary.ScalarAsync("select answer from t"));
    }

    [Fact]
    public async Task A_frozen_server_answers_when_it_thaws()
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions { SegmentSizeMegabytes = 1 });
        server.Freeze();
        var answer = server.ScalarAsync("show wal_segment_size");
        Assert.False(answer.IsCompleted);
        server.Thaw();
        Assert.Equal("1MB", await answer);
    }

    [Fact]
    public async Task Own_system_identifiers_differ_and_copies_share_one()
    {
        const string Query = "select system_identifier from pg_control_system()";
        await using var first = await TestServer.StartAsync();
        await using var second = await TestServer.StartAsync();
        await using var own = await TestServer.StartAsync(new TestServerOptions { OwnSystemIdentifier = true });
        Assert.Equal(await first.ScalarAsync(Query), await second.ScalarAsync(Query));
        Assert.NotEqual(await first.ScalarAsync(Query), await own.ScalarAsync(Query));
    }

    [Fact]
    public async Task The_shared_memory_of_a_killed_server_does_not_stay_for_ever()
    {
        int segment;
        await using (var server = await TestServer.StartAsync())
        {
            // "key id", the last but one of what PostgreSQL writes into its lock file (miscadmin.h, LOCK_FILE_LINE_SHMEM_KEY).
            var lockFile = await File.ReadAllLinesAsync(Path.Combine(server.DataDirectory, "postmaster.pid"), TestEnvironment.Stop);
            segment = int.Parse(lockFile[6].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            Assert.DoesNotContain(segment, OrphanedSharedMemory.Find());
        }

        OrphanedSharedMemory.Remove();
        Assert.DoesNotContain(File.ReadLines("/proc/sysvipc/shm").Skip(1), line => line.Contains($" {segment} "));
    }

    [Fact]
    public async Task A_small_disk_gets_full_and_can_grow()
    {
        await using var disk = await SmallDisk.MountAsync(2);
        await disk.FillAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => File.WriteAllBytesAsync(Path.Combine(disk.Path, "more"), new byte[200_000]));
        await disk.GrowAsync(4);
        await File.WriteAllBytesAsync(Path.Combine(disk.Path, "more"), new byte[200_000]);
    }

    [Fact]
    public async Task A_cut_cable_stops_a_standby_and_a_healed_one_lets_it_catch_up()
    {
        await using var host = await TestNetworkHost.CreateAsync();
        await using var primary = await TestServer.StartAsync(new TestServerOptions { Host = host });
        await using var standby = await TestStandby.CreateAsync(primary);
        await host.CutAsync();
        var psql = TestCommand.Unprivileged(
            [TestInstallation.Psql, "-X", "-h", primary.Directory, "-p", primary.Port.ToString(), "-U", "postgres"]);
        await TestCommand.RunAsync(
            host.Inside([.. psql, "-c", "create table t as select 1 as x"]),
            new Dictionary<string, string> { ["PGPASSWORD"] = primary.Password });
        Assert.Null(await standby.ScalarAsync("select to_regclass('t')::text"));
        await host.HealAsync();
        await TestWait.UntilAsync("the table arrives", async () => await standby.ScalarAsync("select to_regclass('t')::text") == "t");
    }
}
