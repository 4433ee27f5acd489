using System.Text;

namespace Howdah.Cluster.Configuration;

/// <summary>Checks that concern more than one key: what must differ, what must fit together.</summary>
internal sealed class SemanticChecks(ProblemList problems)
{
    /// <summary>sizeof(sockaddr_un.sun_path) - 1 on Linux; PostgreSQL refuses longer socket paths (UNIXSOCK_PATH_BUFLEN).</summary>
    private const int LongestSocketPath = 107;

    public void Run(Located<string>? directory, IReadOnlyList<Located<NodeModel>> nodes, Located<BackupHostModel> backup)
    {
        for (var later = 1; later < nodes.Count; later++)
        {
            for (var earlier = 0; earlier < later; earlier++)
                ComparePair(nodes[earlier], nodes[later]);
        }

        foreach (var node in nodes)
            CompareWithBackup(node, backup);
        CheckLoopback(nodes, backup);

        if (directory is not null)
            CheckSocketPaths(directory, nodes);
    }

    private static bool IsKnown(string value) => value.Length > 0 && value[0] != '?';

    /// <summary>A node whose name is missing or wrong is known by its place only.</summary>
    private static string Shown(NodeModel node) => IsKnown(node.Name) ? node.Name : "the node";

    private static bool Same(string left, string right) => IsKnown(left) && string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whatever shares an address is one host, and all that has a loopback address is this machine.</summary>
    private static bool MayShareMachine(string left, string right) =>
        !IsKnown(left) || !IsKnown(right) || Same(left, right) || (LoopbackAddress.Is(left) && LoopbackAddress.Is(right));

    private void ComparePair(Located<NodeModel> earlier, Located<NodeModel> later)
    {
        var (first, second) = (earlier.Value, later.Value);
        var line = $"line {earlier.Position.Line}";
        if (Same(first.Name, second.Name))
        {
            problems.Add(later.Position, $"two nodes are called {second.Name}, the first in {line}", "give each a name of its own");
            return; // all that follows from the name would be told twice
        }

        if (Same(first.Address, second.Address) && first.Port == second.Port && first.Port != 0)
            problems.Add(
                later.Position,
                $"{Shown(second)} has address {second.Address} and port {second.Port}, as {Shown(first)} in {line}",
                "change one of the two"
            );
        if (Same(first.ApplicationName, second.ApplicationName))
            problems.Add(
                later.Position,
                $"{Shown(second)} has application_name {second.ApplicationName}, as {Shown(first)} in {line}",
                "PostgreSQL tells standbys apart by it"
            );
        if (Same(first.SlotName, second.SlotName))
            problems.Add(
                later.Position,
                SlotMessage(Shown(second), second.SlotName, $"{Shown(first)} in {line}"),
                "set slot for one of them"
            );
        if (IsKnown(first.DataDirectory)
            && MayShareMachine(first.Address, second.Address)
            && Overlap(first.DataDirectory, second.DataDirectory))
            problems.Add(
                later.Position,
                $"the data directories of {Shown(first)} and {Shown(second)} lie in each other: {second.DataDirectory}",
                "give each its own"
            );
    }

    private static string SlotMessage(string name, string slot, string other) =>
        $"{name} has the slot {slot}, as {other}"
        + (string.Equals(name, slot, StringComparison.Ordinal) ? "" : " ('-', '.' and capitals are not possible in slot names)");

    private void CompareWithBackup(Located<NodeModel> node, Located<BackupHostModel> backup)
    {
        var (server, host) = (node.Value, backup.Value);
        if (Same(server.Name, host.Name))
            problems.Add(
                backup.Position,
                $"the backup host is called {host.Name}, as the node in line {node.Position.Line}",
                "give it a name of its own"
            );
        if (Same(server.ApplicationName, host.ApplicationName))
            problems.Add(
                backup.Position,
                $"the receiver has application_name {host.ApplicationName}, as {Shown(server)} in line {node.Position.Line}",
                "PostgreSQL tells receivers apart by it"
            );
        if (Same(server.SlotName, host.SlotName))
            problems.Add(
                backup.Position,
                $"the receiver has the slot {host.SlotName}, as {Shown(server)} in line {node.Position.Line}",
                "every receiver needs a slot of its own"
            );
        if (IsKnown(host.RepositoryDirectory)
            && MayShareMachine(server.Address, host.Address)
            && Overlap(server.DataDirectory, host.RepositoryDirectory))
            problems.Add(
                backup.Position,
                $"the repository and the data of {Shown(server)} lie in each other",
                "a repository must survive the data that it protects"
            );
    }

    /// <summary>A host elsewhere reaches itself, not us, under a loopback address.</summary>
    private void CheckLoopback(IReadOnlyList<Located<NodeModel>> nodes, Located<BackupHostModel> backup)
    {
        var hosts = nodes
            .Select(node => (node.Value.Name, node.Value.Address, node.Position))
            .Append((backup.Value.Name, backup.Value.Address, backup.Position))
            .Where(host => host.Address.Length > 0)
            .ToList();
        var local = hosts.Where(host => LoopbackAddress.Is(host.Address)).ToList();
        if (local.Count == 0 || local.Count == hosts.Count)
            return;
        foreach (var (name, address, position) in local)
            problems.Add(
                position,
                $"{name} has the loopback address {address}, but others of the cluster are on other hosts",
                "give it an address that the others can reach"
            );
    }

    private void CheckSocketPaths(Located<string> directory, IReadOnlyList<Located<NodeModel>> nodes)
    {
        foreach (var node in nodes.Where(node => IsKnown(node.Value.Name)))
        {
            var socket = Path.Combine(new ClusterPaths(directory.Value).SocketDirectory(node.Value), $".s.PGSQL.{node.Value.Port}");
            var length = Encoding.UTF8.GetByteCount(socket);
            if (length > LongestSocketPath)
                problems.Add(
                    node.Position,
                    $"the socket of {node.Value.Name} would have a path of {length} bytes, and {LongestSocketPath} are possible",
                    "set directory in [cluster] to a shorter one"
                );
        }
    }

    private static bool Overlap(string left, string right)
    {
        var (first, second) = (Slashed(left), Slashed(right));
        return first.StartsWith(second, StringComparison.Ordinal) || second.StartsWith(first, StringComparison.Ordinal);
    }

    private static string Slashed(string path) => path.TrimEnd('/') + "/";
}
