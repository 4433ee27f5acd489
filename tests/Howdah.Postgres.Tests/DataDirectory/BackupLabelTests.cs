using System.Text;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.DataDirectory;

namespace Howdah.Postgres.Tests.DataDirectory;

public sealed class BackupLabelTests
{
    private const string Sample = """
        START WAL LOCATION: 0/6000028 (file 000000020000000000000006)
        CHECKPOINT LOCATION: 0/6000080
        BACKUP METHOD: streamed
        BACKUP FROM: standby
        START TIME: 2026-11-23 00:28:02 UTC
        LABEL: it's
        START TIMELINE: 2

        """;

    [Fact]
    public void A_label_is_read_and_kept_verbatim()
    {
        var label = BackupLabel.Parse(Encoding.UTF8.GetBytes(Sample));
        Assert.Equal(new Lsn(0x6000028), label.Start);
        Assert.Equal("000000020000000000000006", label.StartSegment);
        Assert.Equal(new Lsn(0x6000080), label.Checkpoint);
        Assert.Equal(new TimelineId(2), label.Timeline);
        Assert.True(label.FromStandby);
        Assert.Equal("it's", label.Label);
        Assert.Null(label.IncrementalFrom);
        Assert.Equal(Sample, Encoding.UTF8.GetString(label.Content.Span));
    }

    [Fact]
    public void An_incremental_label_says_so() =>
        Assert.Equal(
            new Lsn(0x4000028),
            BackupLabel.Parse(
            Encoding.UTF8.GetBytes(Sample + "INCREMENTAL FROM LSN: 0/4000028\nINCREMENTAL FROM TLI: 2\n")).IncrementalFrom);

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("START WAL LOCATION: 0/6000028 (file 000000020000000000000006)\n", "line 2")]
    [InlineData("START WAL LOCATION: (file 000000020000000000000006)\nCHECKPOINT LOCATION: 0/6000080\n", "line 1")]
    [InlineData("START WAL LOCATION: x (file 000000020000000000000006)\nCHECKPOINT LOCATION: 0/6000080\n", "line 1")]
    [InlineData("START WAL LOCATION: 0/6000028 (file 000000020000000000000006)\r\nCHECKPOINT LOCATION: 0/6000080\r\n", "line 1")]
    [InlineData("START WAL LOCATION: 0/6000028 (file ?)\nCHECKPOINT LOCATION: 0/6000080\n", "line 1")]
    [InlineData("START WAL LOCATION: 0/6000028 (file 000000020000000000000006)\nCHECKPOINT LOCATION: 0/6000080\nSTART TIMELINE: 3\n",
        "line 3")]
    public void A_malformed_label_is_refused_by_line(string text, string line)
    {
        var e = Assert.Throws<OperationException>(() => BackupLabel.Parse(Encoding.UTF8.GetBytes(text)));
        Assert.Contains(line, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_are_refused() =>
        Gen.Byte.Array[0, 500].Sample(bytes => Assert.Throws<OperationException>(() => BackupLabel.Parse(bytes)), iter: 200);

    [Fact]
    public void A_tablespace_map_with_any_path_round_trips() =>
        Gen.Select(Gen.UInt, Gen.String["ab /\\\n\r'é"].Where(path => path.Length > 0)).Select(
            (oid, path) => new TablespaceMapEntry(oid, path)).List[0, 5].Sample(entries =>
        {
            var read = TablespaceMap.Parse(new TablespaceMap(entries).ToBytes());
            Assert.Equal(entries, read.Entries);
        });

    [Theory]
    [InlineData("16388\n", "line 1")]
    [InlineData("16388 /a\nx /b\n", "line 2")]
    [InlineData("16388 /a", "line 1")]
    [InlineData("16388 /a\\", "line 1")]
    public void A_malformed_tablespace_map_is_refused_by_line(string text, string line)
    {
        var e = Assert.Throws<OperationException>(() => TablespaceMap.Parse(Encoding.UTF8.GetBytes(text)));
        Assert.Contains(line, e.Message, StringComparison.Ordinal);
    }
}
