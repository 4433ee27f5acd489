namespace Howdah.Integration.Tests.Fixtures;

/// <summary>
/// A host of its own on this machine: a network namespace with one cable (a veth pair) to the namespace of the tests. Needs root.
/// </summary>
public sealed class TestNetworkHost : IAsyncDisposable
{
    /// <summary>The addresses of test hosts and of our ends of their cables.</summary>
    public const string Range = "10.231.0.0/16";

    private readonly string _name;
    private readonly string _cable;

    private TestNetworkHost(string name, string cable, int subnet)
    {
        _name = name;
        _cable = cable;
        Address = $"10.231.{subnet}.2";
        OurAddress = $"10.231.{subnet}.1";
    }

    /// <summary>The host's address.</summary>
    public string Address { get; }

    /// <summary>Our end of the cable.</summary>
    public string OurAddress { get; }

    public static async Task<TestNetworkHost> CreateAsync()
    {
        TestEnvironment.RequireRoot("a network namespace");
        // The name of an interface has at most 15 characters, and another test run may be using the same subnet: try a few.
        for (var attempt = 0; ; attempt++)
        {
            var subnet = Random.Shared.Next(1, 255);
            var host = new TestNetworkHost($"howdah-it-{subnet}", $"hwd-it-{subnet}", subnet);
            var added = await TestCommand.TryRunAsync(["ip", "netns", "add", host._name]);
            if (added.ExitCode == 0)
            {
                await host.ConnectAsync();
                return host;
            }

            if (attempt == 10) throw new InvalidOperationException(added.Everything);
        }
    }

    /// <summary>The same command on this host.</summary>
    public IReadOnlyList<string> Inside(IReadOnlyList<string> command) => ["ip", "netns", "exec", _name, .. command];

    /// <summary>Pulls the cable: packets vanish without an answer, connections stay open and silent.</summary>
    public Task CutAsync() => InsideAsync("ip", "link", "set", "eth0", "down");

    public Task HealAsync() => InsideAsync("ip", "link", "set", "eth0", "up");

    public async ValueTask DisposeAsync()
    {
        // The cable goes with the namespace; deleting our end first makes that at once.
        await TestCommand.TryRunAsync(["ip", "link", "delete", _cable]);
        await TestCommand.RunAsync(["ip", "netns", "delete", _name]);
    }

    private Task<string> InsideAsync(params string[] command) => TestCommand.RunAsync(Inside(command));

    private async Task ConnectAsync()
    {
        await TestCommand.RunAsync(["ip", "link", "add", _cable, "type", "veth", "peer", "name", "eth0", "netns", _name]);
        await TestCommand.RunAsync(["ip", "address", "add", $"{OurAddress}/24", "dev", _cable]);
        await TestCommand.RunAsync(["ip", "link", "set", _cable, "up"]);
        await InsideAsync("ip", "address", "add", $"{Address}/24", "dev", "eth0");
        await InsideAsync("ip", "link", "set", "eth0", "up");
        await InsideAsync("ip", "link", "set", "lo", "up");
    }
}
