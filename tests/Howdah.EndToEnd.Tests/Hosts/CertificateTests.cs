using System.Text.Json;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Trust;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>Certificates of three hosts with real servers: renewed, taken back, and given anew.</summary>
public sealed class CertificateTests
{
    private const string Streams = "select application_name, backend_start from pg_stat_replication order by 1";

    [Fact]
    public async Task An_agent_renews_a_certificate_in_time_its_server_shows_the_new_one_and_streaming_goes_on()
    {
        await using var lab = await HostLab.ProtectedAsync();
        var streams = await lab.SqlAsync("master", Streams);
        var before = await lab.ShownSerialAsync("slave", to: "master");
        await lab.KillAgentAsync("slave");
        await lab.AgeCertificateAsync("slave", TimeSpan.FromMinutes(2));
        var aged = Serial(lab, "slave");

        lab.StartAgent("slave");

        await TestWait.UntilAsync("the certificate is renewed", () => Task.FromResult(Serial(lab, "slave") != aged));
        await AwaitShownAsync(lab, "slave");
        Assert.NotEqual(before, Serial(lab, "slave"));
        Assert.True(HostCertificate.Read(lab.PathsOf("slave").Trust).End > DateTimeOffset.UtcNow.AddDays(364));
        await lab.AwaitProtectedAsync();
        Assert.Equal(streams, await lab.SqlAsync("master", Streams));
        using var seen = JsonDocument.Parse(await lab.HowdahAsync("backup", "cert", "--json"));
        var slave = seen.RootElement.GetProperty("hosts").EnumerateArray().Single(host => host.GetProperty("host").GetString() == "slave");
        Assert.Equal((Serial(lab, "slave"), 364), (slave.GetProperty("serial").GetString(), slave.GetProperty("days_left").GetInt32()));
    }

    [Fact]
    public async Task A_certificate_that_was_installed_while_no_agent_ran_is_shown_once_one_runs_again()
    {
        await using var lab = await HostLab.ProtectedAsync();
        var streams = await lab.SqlAsync("master", Streams);
        var before = Serial(lab, "master");
        // The agent has looked at the server's certificate by now, and has left in good order.
        Assert.DoesNotContain("reset by peer", await lab.ServerLogAsync("master"), StringComparison.Ordinal);
        await lab.KillAgentAsync("master");
        await lab.HowdahAsync("master", "cert", "renew");
        Assert.NotEqual(before, Serial(lab, "master"));
        Assert.Equal(before, await lab.ShownSerialAsync("master", to: "backup"));

        lab.StartAgent("master");

        await AwaitShownAsync(lab, "master");
        await lab.AwaitProtectedAsync();
        Assert.Equal(streams, await lab.SqlAsync("master", Streams));
    }

    [Fact]
    public async Task A_revoked_host_is_refused_by_the_others_and_comes_back_with_a_token_and_its_data()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.SqlAsync("master", "create table kept as select 1 as x");
        var (before, postmaster) = (Serial(lab, "slave"), lab.Postmaster("slave"));
        Assert.NotEqual(0, (await lab.TryHowdahAsync("master", "cert", "revoke", "master", "--yes")).ExitCode);
        Assert.NotEqual(0, (await lab.TryHowdahAsync("backup", "cert", "revoke", "slave", "--yes")).ExitCode);

        await RequireSignInAsync(lab, "slave", isLetIn: true);
        await lab.HowdahAsync("master", "cert", "revoke", "slave", "--yes");

        await RequireSignInAsync(lab, "slave", isLetIn: false);
        await RequireSignInAsync(lab, "backup", isLetIn: true);
        await TestWait.UntilAsync(
            "the receiver is back, and the revoked host's session has ended",
            async () => await lab.SqlAsync("master", "select string_agg(application_name, ',') from pg_stat_replication")
                == "barman_receive_wal");
        foreach (var host in new[] { "master", "backup" })
        {
            await AwaitRefusedAsync(lab, host, "slave", because: "was revoked on");
            await AwaitRefusedAsync(lab, "slave", host, because: "does not take this host's certificate");
        }

        var renewal = await lab.TryHowdahAsync("slave", "cert", "renew");
        Assert.NotEqual(0, renewal.ExitCode);
        Assert.NotEqual(0, (await lab.TryHowdahAsync("master", "status")).ExitCode);

        await JoinAgainAsync(lab, "slave");

        Assert.NotEqual(before, Serial(lab, "slave"));
        await lab.AwaitProtectedAsync();
        await AwaitShownAsync(lab, "slave");
        await RequireSignInAsync(lab, "slave", isLetIn: true);
        Assert.Equal(postmaster, lab.Postmaster("slave"));
        Assert.Equal("1", await lab.SqlAsync("slave", "select x from kept"));
        using var old = await lab.TryHowdahAsync("slave", "cert", "--json") is { ExitCode: 0, Output: var text }
            ? JsonDocument.Parse(text)
            : null;
        Assert.All(old!.RootElement.GetProperty("hosts").EnumerateArray(), host => Assert.False(host.TryGetProperty("problem", out _)));
    }

    [Fact]
    public async Task A_host_whose_certificate_has_expired_says_so_and_comes_back_with_a_token()
    {
        await using var lab = await HostLab.ProtectedAsync();
        await lab.KillAgentAsync("slave");
        await lab.AgeCertificateAsync("slave", TimeSpan.FromSeconds(5));
        var end = HostCertificate.Read(lab.PathsOf("slave").Trust).End;
        await TestWait.UntilAsync("it has expired", () => Task.FromResult(DateTimeOffset.UtcNow > end));
        lab.StartAgent("slave");
        await TestWait.UntilAsync(
            "status tells why",
            async () => (await lab.TryHowdahAsync("slave", "status")).Output is var said
                && said.Contains("the certificate of slave expired on", StringComparison.Ordinal)
                && said.Contains("it could not be renewed", StringComparison.Ordinal));

        await JoinAgainAsync(lab, "slave");

        await lab.AwaitProtectedAsync();
        await AwaitShownAsync(lab, "slave");
    }

    private static string Serial(HostLab lab, string host) => HostCertificate.Read(lab.PathsOf(host).Trust).Serial;

    /// <summary>Waits until the passwords that the host has open a replication connection to master, or do not.</summary>
    private static Task RequireSignInAsync(HostLab lab, string host, bool isLetIn)
    {
        var passwords = new ClusterPaths($"/var/lib/howdah/{HostLab.Name}").PassFile;
        var command = $"PGPASSFILE={passwords} psql -w 'host={HostLab.AddressOf("master")} user=streaming_barman dbname=postgres"
            + " replication=true sslmode=require' -c IDENTIFY_SYSTEM";
        return TestWait.UntilAsync(
            $"{host} is {(isLetIn ? "" : "not ")}let in by master",
            async () => await lab.TryShellAsync(host, command) is var answer
                && (isLetIn ? answer.ExitCode == 0 : answer.Error.Contains("password authentication failed", StringComparison.Ordinal)));
    }

    private static async Task JoinAgainAsync(HostLab lab, string host)
    {
        var join = (await lab.HowdahAsync("master", "token", host)).Trim();
        await lab.HowdahAsync(host, join.Split(' ')[1..]);
    }

    private static Task AwaitShownAsync(HostLab lab, string host) => TestWait.UntilAsync(
        $"the server of {host} shows the certificate that is installed",
        async () => await lab.ShownSerialAsync(host, to: "backup") == Serial(lab, host));

    private static Task AwaitRefusedAsync(HostLab lab, string by, string host, string because) => TestWait.UntilAsync(
        $"{by} does not see {host}: {because}",
        async () =>
        {
            using var seen = JsonDocument.Parse(await lab.HowdahAsync(by, "cert", "--json"));
            return seen.RootElement.GetProperty("hosts").EnumerateArray()
                .Single(entry => entry.GetProperty("host").GetString() == host).TryGetProperty("problem", out var problem)
                && problem.GetString()!.Contains(because, StringComparison.Ordinal);
        });
}
