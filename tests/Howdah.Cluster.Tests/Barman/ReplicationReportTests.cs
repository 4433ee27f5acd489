using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Barman.Reports;
using Howdah.Core.Wal;

namespace Howdah.Cluster.Tests.Barman;

public sealed class ReplicationReportTests
{
    private static readonly ReplicationClient Standby = new()
    {
        ApplicationName = "walreceiver",
        UserName = "streaming_barman",
        Address = "10.0.10.3",
        Port = 47440,
        State = "streaming",
        SlotName = "slave",
        ProcessId = 31410,
        StartedAt = new DateTimeOffset(2026, 11, 23, 0, 27, 21, TimeSpan.Zero).AddTicks(2_905_820),
        Xmin = "745",
        Sent = Lsn.Parse("0/120001B0"),
        Written = Lsn.Parse("0/120001B0"),
        Flushed = Lsn.Parse("0/120001B0"),
        Replayed = Lsn.Parse("0/120001B0"),
    };

    private static readonly ReplicationClient Streamer = Standby with
    {
        ApplicationName = "barman_receive_wal",
        Address = null,
        Xmin = null,
        SlotName = "barman",
        Flushed = Lsn.Parse("0/12000000"),
        Replayed = null,
    };

    private static readonly ReplicationFacts Lab = new(Lsn.Parse("0/120001B0"), [Standby, Streamer]);

    [Fact]
    public void The_lab_shows_a_standby_and_a_WAL_streamer()
    {
        const string expected = """
            Status of streaming clients for server 'master.local':
              Current LSN on master: 0/120001B0
              Number of streaming clients: 2

              1. Async standby
                 Application name: walreceiver
                 Sync stage      : 5/5 Hot standby (max)
                 Communication   : TCP/IP
                 IP Address      : 10.0.10.3 / Port: 47440 / Host: -
                 User name       : streaming_barman
                 Current state   : streaming (async)
                 Replication slot: slave
                 WAL sender PID  : 31410
                 Started at      : 2026-11-23 00:27:21.290582+00:00
                 Standby's xmin  : 745
                 Sent LSN   : 0/120001B0 (diff: 0 B)
                 Write LSN  : 0/120001B0 (diff: 0 B)
                 Flush LSN  : 0/120001B0 (diff: 0 B)
                 Replay LSN : 0/120001B0 (diff: 0 B)

              2. Async WAL streamer
                 Application name: barman_receive_wal
                 Sync stage      : 3/3 Remote write
                 Communication   : Unix domain socket
                 User name       : streaming_barman
                 Current state   : streaming (async)
                 Replication slot: barman
                 WAL sender PID  : 31410
                 Started at      : 2026-11-23 00:27:21.290582+00:00
                 Sent LSN   : 0/120001B0 (diff: 0 B)
                 Write LSN  : 0/120001B0 (diff: 0 B)
                 Flush LSN  : 0/12000000 (diff: -432 B)
            """;
        Assert.Equal(expected, Text(new ReplicationReport("master.local", Lab, ReplicationTarget.All).Lines()));
    }

    [Fact]
    public void Minimal_output_is_one_line_for_each_client()
    {
        const string expected = """
            Streaming clients for master 'master.local' (LSN @ 0/120001B0):
              1. A) streaming_barman@10.0.10.3 S:0/120001B0 F:0/120001B0 R:0/120001B0 P:0 AN:walreceiver
              2. W) streaming_barman@socket S:0/120001B0 W:0/120001B0 P:0 AN:barman_receive_wal
            """;
        Assert.Equal(expected, Text(new ReplicationReport("master.local", Lab, ReplicationTarget.All).MinimalLines()));
    }

    [Fact]
    public void On_a_standby_no_position_of_the_master_is_shown_and_no_stage_is_claimed()
    {
        var facts = new ReplicationFacts(null, [Standby]);
        var lines = Text(new ReplicationReport("s", facts, ReplicationTarget.All).Lines());
        Assert.DoesNotContain("Current LSN", lines, StringComparison.Ordinal);
        Assert.Contains("Sync stage      : 1/5 1-safe", lines, StringComparison.Ordinal);
        Assert.Contains("(diff: unknown)", lines, StringComparison.Ordinal);
        Assert.StartsWith(
            "Streaming clients for slave 's':",
            Text(new ReplicationReport("s", facts, ReplicationTarget.All).MinimalLines()),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Without_clients_the_kind_that_was_asked_for_is_named()
    {
        var none = new ReplicationFacts(Lsn.Parse("0/12000000"), []);
        Assert.Equal(
            "Status of WAL streamers for server 's':\n  Current LSN on master: 0/12000000\n  No WAL streamers attached",
            Text(new ReplicationReport("s", none, ReplicationTarget.WalStreamer).Lines()));
        Assert.Equal(
            "Wal streamers for master 's' (LSN @ 0/12000000):\n  No WAL streamers attached",
            Text(new ReplicationReport("s", none, ReplicationTarget.WalStreamer).MinimalLines()));
        Assert.Equal(
            """{"s": {"hot_standby_servers": [], "server_lsn": "0/12000000", "standby_info": "No hot standby servers attached"}}""",
            SortedJson.Write(ReplicationJson.Json("s", none, ReplicationTarget.HotStandby, minimal: false)));
    }

    [Fact]
    public void Filters_keep_one_kind()
    {
        Assert.Equal([Standby], ReplicationReport.Filter(Lab, ReplicationTarget.HotStandby).Clients);
        Assert.Equal([Streamer], ReplicationReport.Filter(Lab, ReplicationTarget.WalStreamer).Clients);
        Assert.Equal(Lab, ReplicationReport.Filter(Lab, ReplicationTarget.All));
    }

    [Theory]
    [InlineData("sync", 1, "#1 Sync standby")]
    [InlineData("quorum", 1, "#1 Quorum standby")]
    [InlineData("potential", 2, "#2 Potential standby")]
    [InlineData("async", 0, "Async standby")]
    public void Synchronous_clients_show_their_rank(string state, int priority, string expected) =>
        Assert.Equal(expected, ReplicationStages.Title(Standby with { SyncState = state, SyncPriority = priority }));

    [Theory]
    [InlineData("0/10", "0/10", "0/10", "0/10", "5/5 Hot standby (max)")]
    [InlineData("0/10", "0/10", "0/10", "0/8", "4/5 2-safe")]
    [InlineData("0/10", "0/10", "0/8", "0/8", "3/5 Remote write")]
    [InlineData("0/10", "0/8", "0/8", "0/8", "2/5 WAL Sent (min)")]
    [InlineData("0/8", "0/8", "0/8", "0/8", "1/5 1-safe")]
    [InlineData("0/10", "0/10", "0/10", null, "3/3 Remote write")]
    [InlineData("0/10", "0/8", "0/8", null, "2/3 WAL Sent (min)")]
    [InlineData("0/8", "0/8", "0/8", null, "1/3 1-safe")]
    [InlineData(null, null, null, null, "1/3 1-safe")]
    public void The_stage_is_the_highest_at_which_nothing_is_missing(
        string? sent, string? written, string? flushed, string? replayed, string expected)
    {
        var client = new ReplicationClient
        {
            Sent = Position(sent),
            Written = Position(written),
            Flushed = Position(flushed),
            Replayed = Position(replayed),
        };
        Assert.Equal(expected, ReplicationStages.Stage(client, Lsn.Parse("0/10")));
    }

    [Fact]
    public void JSON_has_the_members_of_Barman()
    {
        var expected = OneLine("""
            {"master.local": {"server_lsn": "0/120001B0", "wal_streamers": [{"application_name": "barman_receive_wal",
            "communication": "TCP/IP", "current_state": "streaming", "current_sync_state": "async", "flush_lsn": "0/12000000",
            "flush_lsn_diff": "-432 B", "flush_lsn_diff_bytes": -432, "host": null, "ip_address": "10.0.10.4", "name": "Async WAL streamer",
            "port": 33254, "replication_slot": "barman", "sent_lsn": "0/120001B0", "sent_lsn_diff": "0 B", "sent_lsn_diff_bytes": 0,
            "started_at": "2026-11-23 00:27:21.290582+00:00", "sync_stage": "3/3 Remote write", "user_name": "streaming_barman",
            "wal_sender_pid": 31410, "write_lsn": "0/120001B0", "write_lsn_diff": "0 B", "write_lsn_diff_bytes": 0}]}}
            """);
        var facts = new ReplicationFacts(Lab.CurrentLsn, [Streamer with { Address = "10.0.10.4", Port = 33254 }]);
        Assert.Equal(
            expected, SortedJson.Write(ReplicationJson.Json("master.local", facts, ReplicationTarget.WalStreamer, minimal: false)));
    }

    [Fact]
    public void Minimal_JSON_has_the_members_of_Barman()
    {
        var expected = OneLine("""
            {"master.local": {"server_lsn": "0/120001B0", "streaming_clients": [{"application_name": "walreceiver", "client_addr": "10.0.10.3",
            "flush_lsn": "0/120001B0", "replay_lsn": "0/120001B0", "sent_lsn": "0/120001B0", "sync_priority": 0, "sync_state": "A",
            "user_name": "streaming_barman"}, {"application_name": "barman_receive_wal", "client_addr": "socket", "sent_lsn": "0/120001B0",
            "sync_priority": 0, "user_name": "streaming_barman", "write_lsn": "0/120001B0"}]}}
            """);
        Assert.Equal(expected, SortedJson.Write(ReplicationJson.Json("master.local", Lab, ReplicationTarget.All, minimal: true)));
    }

    private static Lsn? Position(string? text) => text is null ? null : Lsn.Parse(text);

    private static string Text(IEnumerable<string> lines) => string.Join('\n', lines);

    /// <summary>Joins the lines of a literal that is too long for one.</summary>
    private static string OneLine(string text) => text.Replace('\n', ' ');
}
