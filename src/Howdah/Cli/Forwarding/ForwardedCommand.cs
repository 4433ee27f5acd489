namespace Howdah.Cli.Forwarding;

/// <summary>A command line for another host.</summary>
/// <param name="Name">As people type it, for messages: <c>howdah wal list</c>.</param>
/// <param name="Arguments">As that host's program is started with, without a cluster file: it has one of its own.</param>
/// <param name="Reason">Why that host; stands behind its name.</param>
internal sealed record ForwardedCommand(string Name, IReadOnlyList<string> Arguments, string Reason);
