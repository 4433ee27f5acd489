using System.Text.Json.Nodes;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;

namespace Howdah.Barman.Reports;

/// <summary>Renders <c>list-backups</c>, newest first.</summary>
internal static class BackupListReport
{
    public static IEnumerable<string> Lines(string server, CatalogueFacts catalogue, bool minimal) =>
        catalogue.Backups.Reverse().Select(backup => minimal ? backup.Id : Line(server, backup));

    public static JsonObject Json(string server, CatalogueFacts catalogue, bool minimal)
    {
        var list = new JsonArray();
        foreach (var backup in catalogue.Backups.Reverse())
            list.Add(minimal ? JsonValue.Create(backup.Id) : Element(backup));
        return new JsonObject { [server] = list };
    }

    private static string Line(string server, BackupFacts backup)
    {
        var name = backup.Name is null ? "" : $" '{backup.Name}'";
        var head = $"{server} {backup.Id}{name} - F";
        if (backup.Copy is not { } copy)
            return $"{head} - {backup.Status.Name()}";
        var waiting = backup.Status == BackupStatus.WaitingForWals ? $" - {backup.Status.Name()}" : "";
        var flag = backup.RetentionStatus is "-" or "VALID" ? "" : $" - {backup.RetentionStatus}";
        return $"{head} - {BarmanFormat.CTime(copy.EndTime)} - Size: {BarmanFormat.Size(copy.Size + copy.WalSize)}"
            + $" - WAL Size: {BarmanFormat.Size(copy.WalAfter.Bytes)}{waiting}{flag}";
    }

    private static JsonObject Element(BackupFacts backup)
    {
        var json = new JsonObject { ["backup_id"] = backup.Id, ["backup_type"] = "full", ["status"] = backup.Status.Name() };
        if (backup.Name is { } name)
            json["backup_name"] = name;
        if (backup.Copy is not { } copy)
            return json;
        json["end_time"] = BarmanFormat.CTime(copy.EndTime);
        json["end_time_timestamp"] = BarmanFormat.UnixSeconds(copy.EndTime);
        json["retention_status"] = backup.RetentionStatus;
        json["size"] = BarmanFormat.Size(copy.Size + copy.WalSize);
        json["size_bytes"] = copy.Size + copy.WalSize;
        json["wal_size"] = BarmanFormat.Size(copy.WalAfter.Bytes);
        json["wal_size_bytes"] = copy.WalAfter.Bytes;
        return json;
    }
}
