using Howdah.Cluster.Configuration;

namespace Howdah.Barman;

/// <summary>A command line that follows the grammar, for whoever carries it out in another place.</summary>
/// <param name="Model">The cluster that it is about.</param>
/// <param name="Command">The command and what follows it, as it was typed.</param>
public sealed record BarmanRequest(ClusterModel Model, IReadOnlyList<string> Command)
{
    public bool IsQuiet { get; init; }

    public bool IsDebug { get; init; }

    public bool IsJson { get; init; }

    public bool HasColor { get; init; }
}
