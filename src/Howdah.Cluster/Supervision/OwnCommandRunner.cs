namespace Howdah.Cluster.Supervision;

/// <summary>Runs this very program with a command on this cluster, in a process of its own; ends it when cancelled.</summary>
/// <param name="arguments">The command, without the program's name.</param>
/// <param name="cancellationToken">Tells it to end, and waits until it has.</param>
/// <returns>Its exit code.</returns>
public delegate Task<int> OwnCommandRunner(IReadOnlyList<string> arguments, CancellationToken cancellationToken);
