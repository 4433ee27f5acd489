using System.Text.Json.Nodes;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;

namespace Howdah.Barman.Reports;

/// <summary>Renders <c>show-backup</c> as JSON.</summary>
internal static class BackupJson
{
    public static JsonObject Json(string server, CatalogueFacts catalogue, BackupFacts backup)
    {
        var json = new JsonObject { ["backup_id"] = backup.Id, ["status"] = backup.Status.Name() };
        if (backup.Name is { } name)
            json["backup_name"] = name;
        if (backup.Copy is { } copy)
            AddFinished(json, catalogue, backup, copy);
        else
            json["error"] = backup.Error;
        return new JsonObject { [server] = json };
    }

    private static void AddFinished(JsonObject json, CatalogueFacts catalogue, BackupFacts backup, BackupCopyFacts copy)
    {
        json["backup_type"] = "full";
        json["system_id"] = backup.System?.ToString();
        json["postgresql_version"] = backup.Version.Number;
        json["pgdata_directory"] = backup.DataDirectory;
        AddSize(json, "cluster_size", backup.ClusterSize);
        json["tablespaces"] = Tablespaces(backup);
        json["server_information"] = new JsonObject
        {
            ["data_checksums"] = Switch(backup.HasChecksums),
            ["summarize_wal"] = Switch(backup.SummarizesWal),
        };
        json["base_backup_information"] = Copy(copy);
        json["wal_information"] = Wal(copy.WalAfter);
        json["catalog_information"] = new JsonObject
        {
            ["retention_policy"] = backup.RetentionStatus == "-" ? "not enforced" : backup.RetentionStatus,
            ["previous_backup"] = BackupReport.Neighbour(catalogue, backup, -1) ?? "- (this is the oldest base backup)",
            ["next_backup"] = BackupReport.Neighbour(catalogue, backup, 1) ?? "- (this is the latest base backup)",
            ["children_backup_ids"] = null,
        };
    }

    private static JsonObject Copy(BackupCopyFacts copy)
    {
        var json = new JsonObject
        {
            ["backup_method"] = "postgres",
            ["timeline"] = copy.Timeline.Value,
            ["begin_wal"] = copy.BeginSegment.Name,
            ["end_wal"] = copy.EndSegment.Name,
            ["wal_num"] = copy.SegmentCount,
            ["wal_compression_ratio"] = 0,
            ["begin_offset"] = copy.SegmentSize.Offset(copy.Begin),
            ["end_offset"] = copy.SegmentSize.Offset(copy.End),
            ["begin_lsn"] = copy.Begin.ToString(),
            ["end_lsn"] = copy.End.ToString(),
            ["copy_time"] = BarmanFormat.Duration(copy.CopyTime),
            ["copy_time_seconds"] = copy.CopyTime.TotalSeconds,
            ["number_of_workers"] = 1,
            ["throughput"] = $"{BarmanFormat.Size(copy.BytesPerSecond)}/s",
            ["throughput_bytes"] = copy.BytesPerSecond,
            ["compression"] = null,
            ["encryption"] = null,
        };
        AddSize(json, "backup_size", copy.Size);
        AddSize(json, "backup_size_with_wals", copy.Size + copy.WalSize);
        AddSize(json, "wal_size", copy.WalSize);
        AddTime(json, "begin_time", copy.BeginTime);
        AddTime(json, "end_time", copy.EndTime);
        return json;
    }

    private static JsonObject Wal(WalAfterBackup wal)
    {
        var timelines = new JsonArray();
        foreach (var timeline in wal.ReachableTimelines)
            timelines.Add((JsonNode)timeline.Value);
        var json = new JsonObject
        {
            ["no_of_files"] = wal.Files,
            ["compression_ratio"] = 0,
            ["last_available"] = wal.LastAvailable,
            ["timelines"] = timelines,
            ["wal_rate"] = wal.FilesPerSecond is { } rate ? FormattableString.Invariant($"{rate * 3600:0.00}/hour") : (JsonNode)0,
            ["wal_rate_per_second"] = wal.FilesPerSecond ?? 0,
        };
        AddSize(json, "disk_usage", wal.Bytes);
        return json;
    }

    private static JsonArray Tablespaces(BackupFacts backup)
    {
        var list = new JsonArray();
        foreach (var tablespace in backup.Tablespaces)
            list.Add((JsonNode)new JsonObject { ["name"] = tablespace.Name, ["location"] = tablespace.Location, ["oid"] = tablespace.Oid });
        return list;
    }

    private static void AddSize(JsonObject json, string key, long? bytes)
    {
        json[key] = bytes is { } known ? BarmanFormat.Size(known) : null;
        json[$"{key}_bytes"] = bytes;
    }

    private static void AddTime(JsonObject json, string key, DateTimeOffset time)
    {
        json[key] = BarmanFormat.Timestamp(time);
        json[$"{key}_timestamp"] = BarmanFormat.UnixSeconds(time);
    }

    private static JsonNode? Switch(bool? value) => value is { } known ? known ? "on" : "off" : null;
}
