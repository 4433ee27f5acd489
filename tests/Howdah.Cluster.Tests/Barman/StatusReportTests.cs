using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Barman.Reports;

namespace Howdah.Cluster.Tests.Barman;

public sealed class StatusReportTests
{
    [Fact]
    public void The_lab_without_backups()
    {
        const string expected = """
            Server master.local:
            	Description: Lab master.local
            	Active: True
            	Disabled: False
            	Active configuration model: None
            	PostgreSQL version: 15.18
            	Cluster state: in production
            	Current data size: 22.1 MiB
            	PostgreSQL Data directory: /var/lib/postgresql/15/main
            	Current WAL segment: 000000010000000000000005
            	Passive node: False
            	Retention policies: not enforced
            	No. of available backups: 0
            	First available backup: None
            	Last available backup: None
            	Minimum redundancy requirements: satisfied (0/0)
            """;
        Assert.Equal(expected, Text(StatusReport.Lines(LabFacts.Healthy)));
    }

    [Fact]
    public void With_PostgreSQL_down_its_lines_are_left_out()
    {
        var facts = LabFacts.PostgresDown with
        {
            Policy = LabFacts.Policy with { RetentionPolicy = "RECOVERY WINDOW OF 7 DAYS", MinimumRedundancy = 5 },
            Catalogue = Observed<CatalogueFacts>.Of(LabFacts.TwoBackups),
        };
        const string expected = """
            Server master.local:
            	Description: Lab master.local
            	Active: True
            	Disabled: False
            	Active configuration model: None
            	PostgreSQL version: FAILED trying to get PostgreSQL version
            	Passive node: False
            	Retention policies: enforced (mode: auto, retention: RECOVERY WINDOW OF 7 DAYS, WAL retention: MAIN)
            	No. of available backups: 2
            	First available backup: 20261123T081900
            	Last available backup: 20261123T081901
            	Minimum redundancy requirements: FAILED (2/5)
            """;
        Assert.Equal(expected, Text(StatusReport.Lines(facts)));
    }

    [Fact]
    public void An_unreadable_repository_is_unknown_and_not_empty()
    {
        var lines = Text(StatusReport.Lines(LabFacts.Healthy with { Catalogue = Observed<CatalogueFacts>.Unknown("permission denied") }));
        Assert.Contains("No. of available backups: unknown (permission denied)", lines, StringComparison.Ordinal);
        Assert.Contains("Minimum redundancy requirements: FAILED (unknown/0)", lines, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_message_of_the_JSON_document_is_a_string()
    {
        var json = SortedJson.Write(StatusReport.Json(LabFacts.Healthy));
        Assert.StartsWith("""{"master.local": {"active": {"description": "Active", "message": "True"}, """, json, StringComparison.Ordinal);
        Assert.Contains("""{"description": "No. of available backups", "message": "0"}""", json, StringComparison.Ordinal);
        Assert.Contains(
            """{"description": "Current WAL segment", "message": "000000010000000000000005"}""", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Servers_are_listed_with_their_description()
    {
        ServerPolicy[] servers = [new("down"), LabFacts.Policy];
        Assert.Equal("down\nmaster.local - Lab master.local", Text(ServerListReport.Lines(servers, minimal: false)));
        Assert.Equal("down\nmaster.local", Text(ServerListReport.Lines(servers, minimal: true)));
        Assert.Equal(
            """{"down": {"description": null}, "master.local": {"description": "Lab master.local"}}""",
            SortedJson.Write(ServerListReport.Json(servers)));
    }

    private static string Text(IEnumerable<string> lines) => string.Join('\n', lines);
}
