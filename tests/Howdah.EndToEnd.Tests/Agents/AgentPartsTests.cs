using System.Net.Sockets;
using System.Text;
using Howdah.Cli.Commands;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Supervision;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Daemon;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.Server;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.EndToEnd.Tests.Agents;

/// <summary>The log, the metrics, what systemd hears, and how an agent ends.</summary>
public sealed class AgentPartsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    private static readonly HostCertificate OneDayLeft = new("1a", Now.AddDays(-364), Now.AddDays(1))
    {
        AuthorityFingerprint = "f",
        AuthorityEnd = Now.AddYears(9),
    };

    [Theory]
    [InlineData(true, "<4>a b c\n")]
    [InlineData(false, "2026-11-23 09:00:00.000 warning: a b c\n")]
    public void A_log_line_is_one_line_with_a_severity_or_a_time(bool isForJournal, string expected)
    {
        using var output = new StringWriter();
        var clock = new FakeTimeProvider(Now);
        clock.SetLocalTimeZone(TimeZoneInfo.Utc);

        new AgentLog(output, clock, isForJournal).Warning("a\nb\e" + "c");

        Assert.Equal(expected, output.ToString());
    }

    [Fact]
    public void Announcements_are_logged_with_their_hint_and_severity()
    {
        using var output = new StringWriter();
        IClusterObserver observer = new LoggingObserver(new AgentLog(output, TimeProvider.System, isForJournal: true));

        observer.Announced(new Announcement(Now, AnnouncementLevel.Problem, "slave does not run") { Hint = "look at its log" });
        observer.Announced(new Announcement(Now, AnnouncementLevel.Information, "slave runs"));

        Assert.Equal("<3>slave does not run (hint: look at its log)\n<6>slave runs\n", output.ToString());
    }

    private static ClusterStatus Demo => new()
    {
        Cluster = "demo",
        At = Now,
        Protected = Verdict.Good,
        Checks = [],
        WouldLoseBytes = 0,
        Nodes =
        [
            new NodeStatus("master", "10.0.10.2", 5432, ServerState.Primary) { Verdict = Verdict.Good, IsPrimary = true },
            new NodeStatus("slave", "10.0.10.3", 5432, ServerState.Standby)
            {
                Verdict = Verdict.Good,
                IsPrimary = false,
                FlushLagBytes = 16,
                DiskFreeBytes = 4096,
            },
        ],
        Backup = new BackupStatus("backup")
        {
            Verdict = Verdict.Good,
            LagBytes = 32,
            DiskFreeBytes = 0,
            Gaps = 1,
            RestorableToAge = TimeSpan.FromSeconds(1.5),
            LastDrillAt = Now.AddHours(-1),
            LastDrillSucceeded = true,
        },
        Hosts =
        [
            new HostStatus("master", TimeSpan.FromSeconds(0.25), null) { Certificate = OneDayLeft },
            new HostStatus("backup", null, "never seen"),
        ],
    };

    [Fact]
    public void Metrics_tell_what_is_known_and_leave_out_what_is_not()
    {
        var lines = MetricsText.Of(Demo).TrimEnd('\n').Split('\n');

        Assert.Equal(
            [
                "howdah_protected{cluster=\"demo\"} 1",
                "howdah_would_lose_bytes 0",
                "howdah_node_good{node=\"master\"} 1",
                "howdah_node_good{node=\"slave\"} 1",
                "howdah_node_is_primary{node=\"master\"} 1",
                "howdah_node_is_primary{node=\"slave\"} 0",
                "howdah_standby_flush_lag_bytes{node=\"slave\"} 16",
                "howdah_node_disk_free_bytes{node=\"slave\"} 4096",
                "howdah_backup_lag_bytes{host=\"backup\"} 32",
                "howdah_backup_disk_free_bytes{host=\"backup\"} 0",
                "howdah_wal_gaps{host=\"backup\"} 1",
                "howdah_restorable_to_age_seconds{host=\"backup\"} 1.5",
                "howdah_last_drill_age_seconds{host=\"backup\"} 3600",
                "howdah_last_drill_succeeded{host=\"backup\"} 1",
                "howdah_host_seen{host=\"master\"} 1",
                "howdah_host_seen{host=\"backup\"} 0",
                "howdah_host_seen_age_seconds{host=\"master\"} 0.25",
                "howdah_certificate_remaining_seconds{host=\"master\"} 86400",
            ],
            lines.Where(line => !line.StartsWith('#')));
        Assert.Contains("# TYPE howdah_protected gauge", lines);
    }

    [Theory]
    [InlineData("20000000", null, 10.0)]
    [InlineData("20000000", "1", null)]
    [InlineData("nonsense", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_hears_from_us_twice_in_its_time(string? microseconds, string? process, double? seconds) =>
        Assert.Equal(seconds, ServiceNotice.WatchdogInterval(name => name == "WATCHDOG_USEC" ? microseconds : process)?.TotalSeconds);

    [Fact]
    public async Task Systemd_hears_that_the_agent_is_ready_and_our_servers_cannot_say_so()
    {
        await using var directory = await TestDirectory.CreateAsync("notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(directory.File("notify")));
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", directory.File("notify"));

        var notice = ServiceNotice.Take();
        notice.Ready("127.0.0.1:7420");

        Assert.Null(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
        var buffer = new byte[256];
        Assert.Equal(
            "READY=1\nSTATUS=listening on 127.0.0.1:7420",
            Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, TestEnvironment.Stop)));
    }

    [Fact]
    public async Task The_part_that_fails_ends_the_others_and_its_failure_is_told()
    {
        var ended = false;

        var failure = await Assert.ThrowsAsync<OperationException>(() => AgentCommand.RunTogetherAsync(
            token => [FailAsync(), WaitAsync(() => ended = true, token)], TestEnvironment.Stop));

        Assert.Equal((ErrorCodes.Locked, true), (failure.Code, ended));
    }

    [Fact]
    public async Task An_agent_that_is_told_to_stop_has_not_failed()
    {
        using var stop = new CancellationTokenSource();
        var running = AgentCommand.RunTogetherAsync(token => [WaitAsync(() => { }, token), Task.CompletedTask], stop.Token);
        Assert.False(running.IsCompleted);

        await stop.CancelAsync();

        await running;
    }

    private static async Task FailAsync()
    {
        await Task.Yield();
        throw new OperationException(ErrorCodes.Locked, "taken");
    }

    private static async Task WaitAsync(Action ended, CancellationToken cancellationToken)
    {
        var end = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(end.SetResult);
        await end.Task;
        ended();
    }
}
