using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>
/// A switch with hosts on it: a bridge, and for each host a network namespace with a cable to the bridge. Needs root. No machine is on two
/// of them, so that all have the same addresses.
/// </summary>
internal sealed class HostNetwork : IAsyncDisposable
{
    private readonly int _number;
    private readonly List<string> _hosts = [];

    private HostNetwork(int number) => _number = number;

    private string Bridge => $"hwd-br{_number}";

    public static async Task<HostNetwork> CreateAsync()
    {
        TestEnvironment.RequireRoot("network namespaces");
        for (var attempt = 0; ; attempt++)
        {
            // Another test run may be using the same numbers.
            var network = new HostNetwork(Random.Shared.Next(1, 255));
            var added = await TestCommand.TryRunAsync(["ip", "link", "add", network.Bridge, "type", "bridge"]);
            if (added.ExitCode == 0)
            {
                await TestCommand.RunAsync(["ip", "link", "set", network.Bridge, "up"]);
                return network;
            }

            if (attempt == 10) throw new InvalidOperationException(added.Everything);
        }
    }

    public async Task AddHostAsync(string name, string address)
    {
        var space = Space(name);
        await TestCommand.RunAsync(["ip", "netns", "add", space]);
        _hosts.Add(name);
        await TestCommand.RunAsync(["ip", "link", "add", Cable(name), "type", "veth", "peer", "name", "eth0", "netns", space]);
        await TestCommand.RunAsync(["ip", "link", "set", Cable(name), "master", Bridge, "up"]);
        foreach (var command in new[] { $"address add {address}/24 dev eth0", "link set eth0 up", "link set lo up" })
            await TestCommand.RunAsync(["ip", "-n", space, .. command.Split(' ')]);
    }

    public string Space(string host) => $"hwd{_number}-{host}";

    /// <summary>Pulls the cable: packets vanish without an answer.</summary>
    public Task CutAsync(string host) => TestCommand.RunAsync(["ip", "link", "set", Cable(host), "down"]);

    public Task HealAsync(string host) => TestCommand.RunAsync(["ip", "link", "set", Cable(host), "up"]);

    /// <summary>
    /// A bad line to the host: 4 Mbit/s with a queue of up to 0.3 s, and one packet of fifty is lost. (Not tc netem, which not every kernel
    /// has.)
    /// </summary>
    public async Task WorsenAsync(string host)
    {
        const string slow = "root tbf rate 4mbit burst 32kbit latency 300ms";
        const string lossy = "iptables -A INPUT -i eth0 -m statistic --mode random --probability 0.02 -j DROP";
        await TestCommand.RunAsync(["tc", "qdisc", "add", "dev", Cable(host), .. slow.Split(' ')]);
        await TestCommand.RunAsync(["ip", "netns", "exec", Space(host), .. lossy.Split(' ')]);
    }

    public async Task RepairAsync(string host)
    {
        await TestCommand.RunAsync(["tc", "qdisc", "delete", "dev", Cable(host), "root"]);
        await TestCommand.RunAsync(["ip", "netns", "exec", Space(host), "iptables", "-F", "INPUT"]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await TestCommand.TryRunAsync(["ip", "link", "delete", Cable(host)]);
            await TestCommand.TryRunAsync(["ip", "netns", "delete", Space(host)]);
        }

        await TestCommand.TryRunAsync(["ip", "link", "delete", Bridge]);
    }

    // The name of an interface has at most 15 characters.
    private string Cable(string host) => $"hwd{_number}-{host[0]}";
}
