using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>A primary and its standby on two hosts, set up by hand as manuals say it, are taken over while they are used.</summary>
public sealed class HostAdoptionTests
{
    private const string Data = "/var/lib/howdah/old";

    private const string Toml = $"""
        [cluster]
        name = "{HostLab.Name}"
        postgresql = 15
        [[nodes]]
        name = "master"
        address = "10.0.10.2"
        data_directory = "{Data}"
        [[nodes]]
        name = "slave"
        address = "10.0.10.3"
        data_directory = "{Data}"
        [backup]
        name = "backup"
        address = "10.0.10.4"

        """;

    [Fact]
    public async Task A_primary_and_its_standby_are_adopted_as_they_run()
    {
        await using var lab = await HostLab.CreateAsync(Toml);
        await SetUpByHandAsync(lab);
        lab.StartShell("master", "PGAPPNAME=shop psql -h /var/run/postgresql -d postgres -c 'select pg_sleep(3600)'");
        await TestWait.UntilAsync("the application is connected", async () => await SessionAsync(lab) != "");
        var session = await SessionAsync(lab);
        var before = (await PostmasterAsync(lab, "master"), await PostmasterAsync(lab, "slave"));

        await lab.HowdahAsync("master", "adopt", "--yes");
        lab.CopyClusterFile("master", "slave");
        await lab.HowdahAsync("slave", "adopt", "--yes");
        lab.CopyClusterFile("slave", "master");
        await lab.JoinAllAsync();
        await lab.AwaitProtectedAsync();

        Assert.Equal(before, (await PostmasterAsync(lab, "master"), await PostmasterAsync(lab, "slave")));
        Assert.Equal(session, await SessionAsync(lab));
        Assert.Equal("1", await lab.SqlAsync("slave", "select x from kept"));
        Assert.Equal("9MB", await lab.SqlAsync("master", "show work_mem"));
        var followers = await lab.SqlAsync(
            "master",
            "select application_name, usename, slot_name, ssl from pg_stat_replication"
            + " join pg_stat_ssl using (pid) join pg_replication_slots on active_pid = pid order by 1");
        Assert.Equal("barman_receive_wal|howdah_replication|barman|t\nslave|howdah_replication|by_hand|t", followers);
    }

    /// <summary>What a person types who has read the manual's chapters 20 and 27: no certificate, one role, one slot.</summary>
    private static async Task SetUpByHandAsync(HostLab lab)
    {
        var bin = TestInstallation.Require(SupportedMajors.Default).BinDirectory;
        await lab.ShellAsync("master", $"""
            {bin}/initdb -D {Data} -k --auth-local=peer --auth-host=scram-sha-256 > /dev/null
            echo "listen_addresses = '*'" >> {Data}/postgresql.conf
            echo "work_mem = '9MB'" >> {Data}/postgresql.conf
            echo "unix_socket_directories = '/var/run/postgresql'" >> {Data}/postgresql.conf
            echo 'host replication follower 10.0.10.3/32 scram-sha-256' >> {Data}/pg_hba.conf
            {bin}/pg_ctl -D {Data} -l {Data}/log -w start > /dev/null
            psql -h /var/run/postgresql -d postgres -q -c "create role follower login replication password 'by hand'"
            psql -h /var/run/postgresql -d postgres -q -c 'create table kept as select 1 as x'
            """);
        await lab.ShellAsync("slave", $"""
            {bin}/pg_basebackup -d "host=10.0.10.2 user=follower password='by hand'" -D {Data} -c fast -R -C -S by_hand
            {bin}/pg_ctl -D {Data} -l {Data}/log -w start > /dev/null
            """);
    }

    private static async Task<string> SessionAsync(HostLab lab) => (await lab.ShellAsync(
        "master",
        "psql -h /var/run/postgresql -d postgres -XAtc \"select pid from pg_stat_activity where application_name = 'shop'\"")).Trim();

    private static async Task<string> PostmasterAsync(HostLab lab, string host) =>
        await lab.ShellAsync(host, $"head -1 {Data}/postmaster.pid");
}
