using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>A standby that howdah restore makes on the backup host, and that follows the primary of another host.</summary>
public sealed class RestoredStandbyTests
{
    [Fact]
    public async Task It_streams_over_TLS_through_its_slot()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.SqlAsync("master", "create table mark as select 1 as n");
        await lab.SqlAsync("master", "select pg_create_physical_replication_slot('copy', true)");
        const string copy = "/var/lib/howdah/copy";
        await lab.HowdahAsync("backup", "restore", "--to", copy, "--as-standby", "--slot", "copy");
        var conninfo = await lab.ShellAsync("backup", $"grep ^primary_conninfo {copy}/postgresql.auto.conf");
        Assert.Contains(" sslmode=verify-full", conninfo, StringComparison.Ordinal);
        Assert.Contains(" passfile=", conninfo, StringComparison.Ordinal);
        Assert.DoesNotContain("password=", conninfo, StringComparison.Ordinal);

        var programs = TestInstallation.Require(SupportedMajors.Default).BinDirectory;
        await lab.ShellAsync("backup", $"{programs}/pg_ctl -D {copy} -l {copy}.log -w start");
        const string follower = "select usename, host(client_addr), state, slot_name, ssl from pg_stat_replication r"
            + " join pg_replication_slots s on s.active_pid = r.pid join pg_stat_ssl using (pid) where application_name = 'restored'";
        await TestWait.UntilAsync(
            "the copy streams",
            async () => await lab.SqlAsync("master", follower) == "streaming_barman|10.0.10.4|streaming|copy|t");
        await lab.SqlAsync("master", "insert into mark values (2)");
        const string rows = $"psql -h {copy} -XAtc 'select count(*) from mark where pg_is_in_recovery()'";
        await TestWait.UntilAsync(
            "what is written now is on the copy", async () => await lab.ShellAsync("backup", rows) == "2\n");
    }
}
