using System.Net;
using System.Net.Sockets;
using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Rendering;

/// <summary>Who may connect to a node. No trust, no passwords that can be overheard, nobody whom the cluster does not need.</summary>
internal static class HbaRules
{
    private const string MapName = "howdah";

    /// <summary>The user of the operating system is not called as the superuser, so peer needs a map.</summary>
    public static bool NeedsUserMap(ClusterModel model, RenderOptions options) =>
        !string.Equals(options.OsUser, model.Users.Superuser, StringComparison.Ordinal);

    public static IReadOnlyList<RenderedLine> UserMap(ClusterModel model, RenderOptions options) =>
        [
            new("", "rendered by Howdah, changes are lost: map, system user, database user"),
            new(
                $"{MapName} {Field(options.OsUser)} {Field(model.Users.Superuser)}",
                "whoever runs the server is its superuser, through the socket only"
            ),
        ];

    public static IReadOnlyList<RenderedLine> Of(ClusterModel model, NodeModel node, RenderOptions options)
    {
        var method = NeedsUserMap(model, options) ? $"peer map={MapName}" : "peer";
        List<RenderedLine> lines =
        [
            new(
                "",
                $"Who may connect to {node.Name}; rendered by Howdah, changes are lost. Further lines belong in [hba] of the cluster file."
            ),
            new(Local(model.Users.Superuser, method), "the superuser, from the user that runs the server, through the socket"),
        ];
        var nodeSources = Sources(model, model.Nodes.Where(other => other != node).Select(other => (other.Name, other.Address)));
        var backupSource = Sources(model, [(model.Backup.Name, model.Backup.Address)]);
        foreach (var (name, source) in model.IsOnOneMachine ? backupSource : [.. nodeSources, .. backupSource])
            lines.Add(new(Host(model, "replication", model.Users.Replication, source), $"WAL streams to {ReplicationTo(model, name)}"));
        foreach (var (name, source) in backupSource)
        {
            lines.Add(new(Host(model, "replication", model.Users.Backup, source), $"base backups are taken by {name}"));
            lines.Add(new(Host(model, ClusterModel.MaintenanceDatabase, model.Users.Backup, source), $"{name} watches the server"));
        }

        if (!model.IsOnOneMachine)
        {
            foreach (var (name, source) in nodeSources)
                lines.Add(new(
                    Host(model, ClusterModel.MaintenanceDatabase, model.Users.Backup, source), $"{name} looks at the server: howdah psql"));
        }

        foreach (var line in model.ExtraHbaLines)
            lines.Add(new(line, "from [hba] of the cluster file"));
        return lines;
    }

    private static string ReplicationTo(ClusterModel model, string name) =>
        model.IsOnOneMachine
            ? "the standbys and to the backup host, from any loopback address: they connect from 127.0.0.1 unless they bind"
            : name;

    /// <summary>On one machine the loopback networks, for the peer's address is not its own there; else exactly the host.</summary>
    private static List<(string Name, string Source)> Sources(ClusterModel model, IEnumerable<(string Name, string Address)> hosts)
    {
        if (!model.IsOnOneMachine)
            return [.. hosts.Select(host => (host.Name, Exactly(host.Address)))];
        var name = string.Join(", ", hosts.Select(host => host.Name));
        List<(string, string)> sources = [(name, "127.0.0.0/8")];
        if (model.Nodes.Any(node => node.Address.Contains(':') || !IPAddress.TryParse(node.Address, out _)))
            sources.Add((name, "::1/128"));
        return sources;
    }

    private static string Exactly(string address) =>
        IPAddress.TryParse(address, out var parsed)
            ? $"{parsed}/{(parsed.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}"
            : address;

    private static string Local(string user, string method) => $"{"local",-7} {"all",-12} {Field(user),-20} {method}";

    /// <summary>Between hosts only through TLS.</summary>
    private static string Host(ClusterModel model, string database, string user, string source) =>
        $"{(model.IsOnOneMachine ? "host" : "hostssl"),-7} {database,-12} {Field(user),-20} {source,-18} scram-sha-256";

    /// <summary>Quoted where a bare word would mean something else (the names themselves are checked by the reader).</summary>
    private static string Field(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? name : $"\"{name}\"";
}
