using Howdah.Cluster.Agents;

namespace Howdah.Daemon;

/// <summary>What an agent's server is made of.</summary>
internal sealed record AgentServerOptions
{
    public required IAgentService Service { get; init; }

    public required AllowedCommands Commands { get; init; }

    public required TimeProvider Time { get; init; }

    public required AgentLog Log { get; init; }

    /// <summary>What carries out commands: this program itself.</summary>
    public string Program { get; init; } = Environment.ProcessPath ?? "howdah";

    public AgentServerLimits Limits { get; init; } = new();
}

/// <summary>Bounds of what others can make the server spend.</summary>
internal sealed record AgentServerLimits
{
    /// <summary>A cluster file with its revocations has some 10 KiB.</summary>
    public long RequestBody { get; init; } = 1 << 20;

    /// <summary>A name, a token and a certificate request have less than 2 KiB.</summary>
    public long JoinBody { get; init; } = 64 << 10;

    /// <summary>Until all headers of a request are there, and until a handshake is done.</summary>
    public TimeSpan Header { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Agents ask every second; a connection that is silent for so long is not theirs.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A cluster has a handful of hosts, each with one connection for reports and one for each command that it runs.</summary>
    public int Connections { get; init; } = 100;

    /// <summary>The part of <see cref="Connections"/> that addresses of no host of the cluster may have together.</summary>
    public int StrangerConnections { get; init; } = 40;

    /// <summary>Each is a process; people at terminals need one or two.</summary>
    public int Commands { get; init; } = 8;

    /// <summary>For requests to end when the server stops.</summary>
    public TimeSpan Stop { get; init; } = TimeSpan.FromSeconds(5);
}
