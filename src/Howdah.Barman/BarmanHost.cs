using Howdah.Cluster.Configuration;

namespace Howdah.Barman;

/// <summary>The process around Barman's commands. Tests give their own.</summary>
public sealed record BarmanHost
{
    /// <summary>Results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Warnings and errors.</summary>
    public required TextWriter Error { get; init; }

    public required bool OutIsTerminal { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>
    /// Reads the cluster file: the one that is named, or with null the one that <c>howdah</c> itself would use. Throws
    /// <see cref="Core.Errors.OperationException"/>.
    /// </summary>
    public required Func<string?, ClusterModel> LoadCluster { get; init; }

    /// <summary>
    /// Carries a command out where the repository is and answers its exit code; null where that is here. Throws
    /// <see cref="Core.Errors.OperationException"/>.
    /// </summary>
    public Func<BarmanRequest, CancellationToken, Task<int?>> RunElsewhere { get; init; } = (_, _) => Task.FromResult<int?>(null);

    /// <summary>Printed by <c>barman --version</c>; the first word is what tools take for Barman's version.</summary>
    public string Version { get; init; } = $"{CompatibleVersion} Barman's commands, answered by Howdah";

    /// <summary>The release of Barman whose output is answered.</summary>
    public const string CompatibleVersion = "3.17.0";
}
