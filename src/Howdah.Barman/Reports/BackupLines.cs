using System.Text.Json.Nodes;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Core.Wal;

namespace Howdah.Barman.Reports;

/// <summary>The lines of <c>backup</c>.</summary>
internal static class BackupLines
{
    public static string Starting(string server, string directory) =>
        $"Starting backup using postgres method for server {server} in {directory}";

    public static string BackupStart(Lsn lsn, WalSegment segment) => $"Backup start at LSN: {BarmanFormat.Position(lsn, segment)}";

    public static string CopyStart(string id) => $"Starting backup copy via pg_basebackup for {id}";

    public static string CopyDone(TimeSpan elapsed) => $"Copy done (time: {BarmanFormat.Duration(elapsed)})";

    public static string Finalising => "Finalising the backup.";

    public static string First(string server) => $"This is the first backup for server {server}";

    public static string BackupSize(long bytes) => $"Backup size: {BarmanFormat.Size(bytes)}";

    public static string BackupEnd(BackupCopyFacts copy) => $"Backup end at LSN: {BarmanFormat.Position(copy.End, copy.EndSegment)}";

    public static string Completed(DateTimeOffset start, TimeSpan elapsed) =>
        $"Backup completed (start time: {BarmanFormat.LocalTimestamp(start)}, elapsed time: {BarmanFormat.Duration(elapsed)})";

    public static string Refused(string server) =>
        $"Impossible to start the backup. Check the log for more details, or run 'barman check {server}'";

    public static string Failed(string details) => $"Backup failed copying files.\nDETAILS: {details}";

    /// <summary>The fields of the catalogue's entry, as Barman adds them to the JSON document.</summary>
    public static JsonObject Json(string server, BackupFacts backup)
    {
        var copy = backup.Copy;
        return new JsonObject
        {
            ["backup_id"] = backup.Id,
            ["begin_offset"] = copy is null ? null : copy.SegmentSize.Offset(copy.Begin),
            ["begin_time"] = copy is null ? null : BarmanFormat.CTime(copy.BeginTime),
            ["begin_time_iso"] = copy is null ? null : BarmanFormat.Timestamp(copy.BeginTime),
            ["begin_wal"] = copy?.BeginSegment.Name,
            ["begin_xlog"] = copy?.Begin.ToString(),
            ["cluster_size"] = backup.ClusterSize,
            ["compression"] = null,
            ["encryption"] = null,
            ["end_offset"] = copy is null ? null : copy.SegmentSize.Offset(copy.End),
            ["end_time"] = copy is null ? null : BarmanFormat.CTime(copy.EndTime),
            ["end_time_iso"] = copy is null ? null : BarmanFormat.Timestamp(copy.EndTime),
            ["end_wal"] = copy?.EndSegment.Name,
            ["end_xlog"] = copy?.End.ToString(),
            ["error"] = backup.Error,
            ["mode"] = "postgres",
            ["pgdata"] = backup.DataDirectory,
            ["server_name"] = server,
            ["size"] = copy?.Size,
            ["status"] = backup.Status.Name(),
            ["systemid"] = backup.System?.ToString(),
            ["timeline"] = copy?.Timeline.Value,
            ["version"] = backup.Version.Number,
            ["xlog_segment_size"] = copy?.SegmentSize.Bytes,
        };
    }
}
