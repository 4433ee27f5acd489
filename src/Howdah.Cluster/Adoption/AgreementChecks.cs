using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;

namespace Howdah.Cluster.Adoption;

/// <summary>Where the cluster file and what runs here do not fit together: all of it at once. Pure.</summary>
internal sealed class AgreementChecks(ClusterModel model, IReadOnlyList<FoundServer> servers)
{
    private readonly List<AdoptionProblem> _problems = [];

    /// <param name="primary">The node that accepts writes, here or elsewhere; null where it cannot be told.</param>
    /// <param name="options">What a rendering depends on.</param>
    public IReadOnlyList<AdoptionProblem> Find(NodeModel? primary, RenderOptions options)
    {
        FindPrimaries();
        foreach (var server in servers)
        {
            FindRights(server, options);
            FindFiles(server);
            if (server.InRecovery)
                FindWhomItFollows(server, primary);
            else
                FindSlots(server);
        }

        return _problems;
    }

    private void FindPrimaries()
    {
        var writable = servers.Where(server => !server.InRecovery).ToList();
        foreach (var second in writable.Skip(1))
            Add(
                second, $"accepts writes, and so does {writable[0].Node.Name}",
                "a cluster has one primary: leave it out of the file, or make it follow the other first");
        if (writable.Count == 0 && servers.Count > 0 && model.IsOnOneMachine)
            Add(servers[0], "is a standby, and no node of the cluster file is a primary", "name the primary in [[nodes]], too");
        foreach (var other in servers.Skip(1).Where(other => other.System != servers[0].System))
            Add(
                other, $"is of database system {other.System}, and {servers[0].Node.Name} of {servers[0].System}",
                "only copies of one database system make a cluster; leave it out of the file, and howdah up builds a new one elsewhere");
    }

    private void FindRights(FoundServer server, RenderOptions options)
    {
        if (!server.IsSuperuser)
            Add(
                server, $"{model.Users.Superuser} is no superuser there",
                "name the one that initdb has made as superuser in [users]");
        foreach (var name in new[] { model.Users.Replication, model.Users.Backup })
        {
            if (server.Roles.Any(role => role.Name == name && role.IsSuperuser))
                Add(
                    server, $"role {name}, which [users] names, is a superuser, and Howdah would take that from it",
                    "name another role in [users]; Howdah makes it");
        }

        if (HbaRules.NeedsUserMap(model, options) && server.UserMaps.Count > 0 && !server.UserMaps.All(IsOurMap))
            Add(
                server, $"its pg_ident.conf maps users ({server.UserMaps[0]}), and Howdah needs that file to map {options.OsUser} to "
                + model.Users.Superuser,
                $"run howdah as a user of the operating system that is called {model.Users.Superuser}, or take the maps out");
    }

    private static bool IsOurMap(string line) => line.StartsWith("howdah ", StringComparison.Ordinal);

    private void FindFiles(FoundServer server)
    {
        foreach (var error in server.FileErrors)
            Add(server, $"its files have a mistake, so that it could not read them again: {error}", "correct it, and reload the server");
        foreach (var tablespace in server.Tablespaces.Where(
            space => space.Location.StartsWith(server.Node.DataDirectory + "/", StringComparison.Ordinal)))
            Add(
                server,
                $"tablespace {tablespace.Name} lies inside of the data directory, in {tablespace.Location}: a copy would hold it twice",
                "move its tables to another tablespace, and drop it");
        if (server.Postmaster.SocketDirectory?.StartsWith('@') == true)
            Add(server, "its socket is an abstract one", "give it a directory in unix_socket_directories, and restart it");
    }

    private void FindSlots(FoundServer server)
    {
        var own = model.Nodes.Where(node => node != server.Node).Select(node => node.SlotName).Append(model.Backup.SlotName);
        foreach (var slot in server.Slots.Where(slot => !slot.IsPhysical && own.Contains(slot.Name, StringComparer.Ordinal)))
            Add(server, $"slot {slot.Name} is a logical one, and the cluster file wants a physical one of that name", "name another slot");
        if (server.Slots.FirstOrDefault(slot => !slot.IsPhysical) is { } logical)
            Add(
                server, $"logical slot {logical.Name} needs wal_level = logical, and Howdah sets replica",
                "a publisher of logical replication cannot be adopted yet; drop the slot if nobody needs it");
    }

    private void FindWhomItFollows(FoundServer server, NodeModel? primary)
    {
        if (server.Receiver is not { } receiver)
        {
            Add(
                server, "is a standby and does not stream now",
                "see its log, and make it follow first; or leave it out, and howdah up builds one");
            return;
        }

        var leader = servers.FirstOrDefault(candidate => candidate.Node == primary);
        var from = $"{receiver.Host}:{receiver.Port}";
        var follows = primary is not null && receiver.Port == primary.Port
            && (leader is null || receiver.Slot is null
                || leader.Slots.Any(slot => slot.Name == receiver.Slot && slot.ProcessId is not null));
        if (!follows)
            Add(
                server,
                primary is null
                    ? $"follows {from}, which is no node of the cluster file"
                    : $"follows {from}, and the primary of the cluster file is {primary.Name} on {primary.Address}:{primary.Port}",
                "name the server that it follows in [[nodes]], or make it follow that one; a chain of standbys cannot be adopted");
    }

    private void Add(FoundServer server, string message, string hint) => _problems.Add(new(server.Node.Name, message, hint));
}
