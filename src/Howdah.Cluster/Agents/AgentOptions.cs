using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Agents;

/// <summary>What an agent takes from the program that it runs in.</summary>
public sealed record AgentOptions
{
    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>Runs one of our own commands on this host, as a process of its own; returns its exit code.</summary>
    public required Func<IReadOnlyList<string>, CancellationToken, Task<int>> RunCommand { get; init; }

    /// <summary>The way to the other hosts.</summary>
    public Func<ClusterModel, AgentClient> Channel { get; init; } = model => new AgentClient(model, TimeProvider.System);
}
