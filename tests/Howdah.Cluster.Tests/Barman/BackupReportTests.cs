using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Barman.Reports;
using Howdah.Core.Wal;

namespace Howdah.Cluster.Tests.Barman;

public sealed class BackupReportTests
{
    [Fact]
    public void Backups_are_listed_newest_first()
    {
        var waiting = LabFacts.Newest with { Id = "20261123T081935", Name = null, Status = BackupStatus.WaitingForWals };
        var obsolete = LabFacts.Oldest with { RetentionStatus = "OBSOLETE" };
        var valid = LabFacts.Newest with { RetentionStatus = "VALID" };
        const string expected = """
            master.local 20261123T082106 - F - FAILED
            master.local 20261123T081935 - F - Mon Nov 23 00:26:28 2026 - Size: 38.1 MiB - WAL Size: 32.0 MiB - WAITING_FOR_WALS
            master.local 20261123T081901 'nightly' - F - Mon Nov 23 00:26:28 2026 - Size: 38.1 MiB - WAL Size: 32.0 MiB
            master.local 20261123T081900 - F - Mon Nov 23 00:24:20 2026 - Size: 38.1 MiB - WAL Size: 32.0 MiB - OBSOLETE
            """;
        Assert.Equal(
            expected,
            Text(BackupListReport.Lines("master.local", LabFacts.With(obsolete, valid, waiting, LabFacts.Failed), minimal: false)));
    }

    [Fact]
    public void A_minimal_list_has_only_ids()
    {
        Assert.Equal("20261123T081901\n20261123T081900", Text(BackupListReport.Lines("s", LabFacts.TwoBackups, minimal: true)));
        Assert.Equal(
            """{"s": ["20261123T081901", "20261123T081900"]}""",
            SortedJson.Write(BackupListReport.Json("s", LabFacts.TwoBackups, minimal: true)));
    }

    [Fact]
    public void The_list_as_JSON_has_the_members_of_Barman()
    {
        var expected = OneLine("""
            {"s": [{"backup_id": "20261123T082106", "backup_type": "full", "status": "FAILED"}, {"backup_id": "20261123T081901",
            "backup_name": "nightly", "backup_type": "full", "end_time": "Mon Nov 23 00:26:28 2026", "end_time_timestamp": "1795393588",
            "retention_status": "-", "size": "38.1 MiB", "size_bytes": 39981215, "status": "DONE", "wal_size": "32.0 MiB",
            "wal_size_bytes": 33554432}]}
            """);
        Assert.Equal(
            expected, SortedJson.Write(BackupListReport.Json("s", LabFacts.With(LabFacts.Newest, LabFacts.Failed), minimal: false)));
        Assert.Equal("""{"s": []}""", SortedJson.Write(BackupListReport.Json("s", LabFacts.EmptyCatalogue, minimal: false)));
    }

    [Fact]
    public void A_backup_is_shown_with_its_neighbours()
    {
        const string expected = """
            Backup 20261123T081901:
              Backup Name            : nightly
              Server Name            : master.local
              System Id              : 7711277877459187802
              Status                 : DONE
              PostgreSQL Version     : 150018
              PGDATA directory       : /var/lib/postgresql/15/main
              Estimated Cluster Size : 22.1 MiB

              Server information:
                Checksums            : on

              Tablespaces:
                ts1                  : /srv/ts1 (oid: 16385)

              Base backup information:
                Backup Method        : postgres
                Backup Type          : full
                Backup Size          : 22.1 MiB (38.1 MiB with WALs)
                WAL Size             : 16.0 MiB
                Timeline             : 1
                Begin WAL            : 000000010000000000000008
                End WAL              : 000000010000000000000008
                Number of WALs       : 1
                Begin time           : 2026-11-23 00:26:27.453565+00:00
                End time             : 2026-11-23 00:26:28+00:00
                Copy time            : less than one second
                Estimated throughput : 41.3 MiB/s
                Begin Offset         : 40
                End Offset           : 0
                Begin LSN            : 0/8000028
                End LSN              : 0/9000000

              WAL information:
                Number of files      : 2
                Disk usage           : 32.0 MiB
                WAL rate             : 7476.84/hour
                Last available       : 000000010000000000000008

              Catalog information:
                Retention Policy     : not enforced
                Previous Backup      : 20261123T081900
                Next Backup          : - (this is the latest base backup)
            """;
        var backup = LabFacts.Newest with { Tablespaces = [new TablespaceFacts("ts1", "/srv/ts1", 16385)] };
        Assert.Equal(expected, Text(BackupReport.Lines("master.local", LabFacts.TwoBackups, backup)));
    }

    [Fact]
    public void A_failed_backup_shows_its_error_only()
    {
        const string expected = """
            Backup 20261123T082106:
              Server Name            : master.local
              System Id              : 7711277877459187802
              Status                 : FAILED
              Error                  : the connection broke
            """;
        Assert.Equal(expected, Text(BackupReport.Lines("master.local", LabFacts.With(LabFacts.Failed), LabFacts.Failed)));
        Assert.Equal(
            """{"s": {"backup_id": "20261123T082106", "error": "the connection broke", "status": "FAILED"}}""",
            SortedJson.Write(BackupJson.Json("s", LabFacts.With(LabFacts.Failed), LabFacts.Failed)));
    }

    [Fact]
    public void A_backup_as_JSON_has_the_sections_of_Barman()
    {
        var json = BackupJson.Json("s", LabFacts.TwoBackups, LabFacts.Oldest)["s"]!;
        Assert.Equal("- (this is the oldest base backup)", json["catalog_information"]!["previous_backup"]!.GetValue<string>());
        Assert.Equal("20261123T081901", json["catalog_information"]!["next_backup"]!.GetValue<string>());
        Assert.Equal(0.536185, json["base_backup_information"]!["copy_time_seconds"]!.GetValue<double>());
        Assert.Equal(39981215, json["base_backup_information"]!["backup_size_with_wals_bytes"]!.GetValue<long>());
        Assert.Equal("7476.84/hour", json["wal_information"]!["wal_rate"]!.GetValue<string>());
        Assert.Equal(LabFacts.System.ToString(), json["system_id"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("latest", "20261123T081901")]
    [InlineData("last", "20261123T081901")]
    [InlineData("last-full", "20261123T081901")]
    [InlineData("oldest", "20261123T081900")]
    [InlineData("first", "20261123T081900")]
    [InlineData("last-failed", "20261123T082106")]
    [InlineData("nightly", "20261123T081901")]
    [InlineData("20261123T081900", "20261123T081900")]
    [InlineData("fail", null)]
    [InlineData("nope", null)]
    public void Shortcuts_find_their_backup(string text, string? expected) =>
        Assert.Equal(expected, BackupSelection.Find(LabFacts.With(LabFacts.Oldest, LabFacts.Newest, LabFacts.Failed), text)?.Id);

    [Fact]
    public void A_backup_that_ends_inside_a_segment_needs_that_segment()
    {
        var copy = new BackupCopyFacts(Lsn.Parse("0/6000028"), Lsn.Parse("0/7000100"), TimelineId.First, WalSegmentSize.Default);
        Assert.Equal("000000010000000000000007", copy.EndSegment.Name);
        Assert.Equal(2, copy.SegmentCount);
        Assert.Equal("Backup end at LSN: 0/7000100 (000000010000000000000007, 00000100)", BackupLines.BackupEnd(copy));
    }

    [Fact]
    public void The_lines_of_a_backup_are_those_of_Barman()
    {
        Assert.Equal("Starting backup using postgres method for server s in /d", BackupLines.Starting("s", "/d"));
        Assert.Equal(
            "Backup start at LSN: 0/62A76E0 (000000010000000000000006, 002A76E0)",
            BackupLines.BackupStart(
                Lsn.Parse("0/62A76E0"), WalSegment.Containing(TimelineId.First, Lsn.Parse("0/62A76E0"), WalSegmentSize.Default)));
        Assert.Equal("Copy done (time: 2 seconds)", BackupLines.CopyDone(TimeSpan.FromSeconds(2.4)));
        Assert.Equal(
            "Backup completed (start time: 2026-11-23 00:36:20.500000, elapsed time: 2 seconds)",
            BackupLines.Completed(LabFacts.Now.AddMilliseconds(500), TimeSpan.FromSeconds(2)));
        Assert.Equal("Waiting for the WAL file W from server 's'", SwitchWalLines.Waiting("s", "W", null));
    }

    private static string Text(IEnumerable<string> lines) => string.Join('\n', lines);

    /// <summary>Joins the lines of a literal that is too long for one.</summary>
    private static string OneLine(string text) => text.Replace('\n', ' ');
}
