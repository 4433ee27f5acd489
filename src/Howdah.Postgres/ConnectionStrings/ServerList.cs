using System.Globalization;
using System.Net;

namespace Howdah.Postgres.ConnectionStrings;

/// <summary>
/// Pairs the comma lists of <c>host</c>, <c>hostaddr</c> and <c>port</c>: lists of hosts and addresses are of one length;
/// one port serves all, otherwise there is one for each.
/// </summary>
internal static class ServerList
{
    // libpq has none; a list beyond this is not a list of servers.
    private const int MostServers = 64;

    public static IReadOnlyList<ServerAddress> Read(ConnectionEntries entries, ConnectionDefaults defaults)
    {
        var host = entries.Find("host");
        var address = entries.Find("hostaddr");
        var port = entries.Find("port");
        var hosts = Split(host);
        var addresses = Split(address);
        var ports = Split(port);
        var count = Math.Max(1, Math.Max(hosts.Length, addresses.Length));
        if (count > MostServers)
            throw (host ?? address)!.Value.Invalid($"{count} servers are listed; at most {MostServers} are supported");
        if (hosts.Length > 0 && addresses.Length > 0 && hosts.Length != addresses.Length)
            throw address!.Value.Invalid($"{addresses.Length} hostaddr for {hosts.Length} hosts");
        if (ports.Length > 1 && ports.Length != count)
            throw port!.Value.Invalid($"{ports.Length} ports for {count} hosts");
        var servers = new ServerAddress[count];
        for (var i = 0; i < count; i++)
        {
            var hostAddress = addresses.Length > 0 && addresses[i].Length > 0 ? ReadAddress(addresses[i], address!.Value) : null;
            var name = hosts.Length > 0 ? hosts[i] : "";
            if (name.Length == 0 && hostAddress is null)
                name = defaults.DefaultHost;
            servers[i] = new ServerAddress(name, ReadPort(ports, i, port), hostAddress);
        }

        return servers;
    }

    private static string[] Split(ConnectionEntry? entry) => entry is { Value.Length: > 0 } found ? found.Value.Split(',') : [];

    private static IPAddress ReadAddress(string text, ConnectionEntry entry) =>
        IPAddress.TryParse(text, out var address) ? address : throw entry.Invalid($"hostaddr \"{text}\" is not an IP address");

    private static int ReadPort(string[] ports, int index, ConnectionEntry? entry)
    {
        var text = ports.Length switch { 0 => "", 1 => ports[0], _ => ports[index] };
        if (text.Length == 0)
            return ServerAddress.DefaultPort;
        if (!int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            throw entry!.Value.Invalid($"port \"{text}\" is not a number from 1 to 65535");
        return port;
    }
}
