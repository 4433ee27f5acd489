using System.Text.Json.Nodes;
using Howdah.Barman.Facts;
using Howdah.Barman.Output;
using Howdah.Core.Wal;

namespace Howdah.Barman.Reports;

/// <summary>Renders <c>replication-status</c> as JSON.</summary>
internal static class ReplicationJson
{
    public static JsonObject Json(string server, ReplicationFacts facts, ReplicationTarget target, bool minimal)
    {
        var clients = new JsonArray();
        foreach (var client in facts.Clients)
            clients.Add((JsonNode)(minimal ? Minimal(client) : Full(client, facts.CurrentLsn)));
        var noun = ReplicationReport.Noun(target);
        var json = new JsonObject { ["server_lsn"] = facts.CurrentLsn?.ToString(), [BarmanFormat.Key(noun)] = clients };
        if (facts.Clients.Count == 0)
            json["standby_info"] = $"No {noun} attached";
        return new JsonObject { [server] = json };
    }

    private static JsonObject Minimal(ReplicationClient client)
    {
        var json = new JsonObject
        {
            ["application_name"] = client.ApplicationName,
            ["client_addr"] = client.Address ?? "socket",
            ["sent_lsn"] = client.Sent?.ToString(),
            ["sync_priority"] = client.SyncPriority,
            ["user_name"] = client.UserName,
        };
        if (client.IsStandby)
        {
            json["sync_state"] = char.ToUpperInvariant(client.SyncState[0]).ToString();
            json["flush_lsn"] = client.Flushed?.ToString();
            json["replay_lsn"] = client.Replayed?.ToString();
        }
        else
        {
            json["write_lsn"] = client.Written?.ToString();
        }

        return json;
    }

    private static JsonObject Full(ReplicationClient client, Lsn? current)
    {
        var json = new JsonObject
        {
            ["name"] = ReplicationStages.Title(client),
            ["application_name"] = client.ApplicationName,
            ["sync_stage"] = ReplicationStages.Stage(client, current),
            ["communication"] = client.Address is null ? "Unix domain socket" : "TCP/IP",
            ["user_name"] = client.UserName,
            ["current_state"] = client.State,
            ["current_sync_state"] = client.SyncState,
            ["wal_sender_pid"] = client.ProcessId,
            ["started_at"] = BarmanFormat.Timestamp(client.StartedAt),
        };
        if (client.Address is { } address)
        {
            json["ip_address"] = address;
            json["port"] = client.Port;
            json["host"] = client.HostName;
        }

        if (client.SlotName is { } slot)
            json["replication_slot"] = slot;
        if (client.Xmin is { } xmin)
            json["standbys_xmin"] = xmin;
        AddPosition(json, "sent_lsn", client.Sent, current);
        AddPosition(json, "write_lsn", client.Written, current);
        AddPosition(json, "flush_lsn", client.Flushed, current);
        AddPosition(json, "replay_lsn", client.Replayed, current);
        return json;
    }

    private static void AddPosition(JsonObject json, string key, Lsn? position, Lsn? current)
    {
        if (position is null)
            return;
        var difference = ReplicationStages.Difference(position, current);
        json[key] = position.ToString();
        json[$"{key}_diff"] = difference is { } bytes ? BarmanFormat.Size(bytes) : null;
        json[$"{key}_diff_bytes"] = difference;
    }
}
