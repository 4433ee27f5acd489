using Howdah.Cluster.Configuration;
using Howdah.Cluster.Supervision;

namespace Howdah.Cluster.Agents;

/// <summary>What an agent takes from the program that it runs in.</summary>
public sealed record AgentOptions
{
    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>Carries out what the schedule says.</summary>
    public required OwnCommandRunner RunCommand { get; init; }

    /// <summary>The way to the other hosts.</summary>
    public Func<ClusterModel, AgentClient> Channel { get; init; } = model => new AgentClient(model, TimeProvider.System);
}
