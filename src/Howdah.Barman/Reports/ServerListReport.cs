using System.Text.Json.Nodes;
using Howdah.Barman.Facts;

namespace Howdah.Barman.Reports;

/// <summary>Renders <c>list-servers</c>.</summary>
internal static class ServerListReport
{
    public static IEnumerable<string> Lines(IEnumerable<ServerPolicy> servers, bool minimal) =>
        servers.Select(server => minimal || server.Description.Length == 0 ? server.Name : $"{server.Name} - {server.Description}");

    public static JsonObject Json(IEnumerable<ServerPolicy> servers)
    {
        var json = new JsonObject();
        foreach (var server in servers)
            json[server.Name] = new JsonObject { ["description"] = server.Description.Length == 0 ? null : server.Description };
        return json;
    }
}
