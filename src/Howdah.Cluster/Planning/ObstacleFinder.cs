using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Planning;

/// <summary>Finds what no step can mend. Pure.</summary>
internal sealed class ObstacleFinder(ClusterModel model, ObservedCluster seen)
{
    private readonly List<PlanObstacle> _found = [];

    public IReadOnlyList<PlanObstacle> Find()
    {
        foreach (var node in seen.Nodes.Where(node => node.Data == DataPlace.Foreign))
        {
            if (node.OtherMajor is { } major)
                Add(
                    node.Model,
                    $"{node.Model.DataDirectory} is of PostgreSQL {major}, and the cluster file says {model.PostgresMajor}",
                    $"set postgresql = {major} in the cluster file: data is not upgraded here");
            else
                Add(
                    node.Model, $"{node.Model.DataDirectory} holds something that is no data directory of PostgreSQL",
                    "move it away, or give the node another directory");
        }

        foreach (var node in seen.Nodes.Where(node => node is { UnfinishedRecovery: not null, IsRebuildRequested: false }))
        {
            Add(
                node.Model,
                $"its recovery is not over, {node.UnfinishedRecovery} is in {node.Model.DataDirectory}: started by Howdah it would go past "
                + "where it is to end",
                "start it by hand until it has left recovery, as docs/tasks/back-up-and-restore.md says; leave backup_label alone");
        }

        if (seen.Topology.Primary is { } primary)
            FindOthers(seen.Node(primary));
        else
            FindNoPrimary();
        if (seen.Backup is { IsSeen: true, Problem: { } problem })
            Add(model.BackupMachine, model.Backup.Name, problem, "give the repository an empty directory, or mend it");
        return _found;
    }

    private void FindNoPrimary() => _found.Add(new PlanObstacle(
        model.Name,
        seen.Topology.Conflict ?? "there is no primary",
        seen.Topology.WayOut ?? "see howdah status"));

    private void FindOthers(ObservedNode primary)
    {
        FindForeignSystems(primary);
        // Told to follow it would lose what only it holds: by a new copy, or because a standby that has diverged is built anew one day.
        foreach (var node in seen.Standbys.Where(node => node is { IsFormerPrimary: true, IsGivenUp: false }))
        {
            var name = node.Model.Name;
            if (_found.Exists(obstacle => string.Equals(obstacle.Subject, name, StringComparison.Ordinal)))
                continue;
            Add(
                node.Model, "was a primary and is not one any more: it may hold what nobody else has",
                $"to let it follow {primary.Model.Name}, run: howdah standby rebuild {name}; what only it held is kept in "
                + NodePaths.Of(node.Model).Removed);
        }
    }

    private void FindForeignSystems(ObservedNode primary)
    {
        if (primary.Data == DataPlace.Absent && seen.Backup.Systems.Count > 0)
        {
            _found.Add(new PlanObstacle(
                model.Backup.Name,
                $"the repository {model.Backup.RepositoryDirectory} holds backups of this cluster, and no node has its data any more",
                "run: howdah restore; or, to begin anew, give the repository another directory"));
        }
        else if (primary.Data == DataPlace.Absent && seen.Host(model.HostOf(primary.Model).Name) is { IsCreationRequested: false } host)
        {
            Add(
                host.Model, primary.Model.Name, "has no data, and nobody asked for a new database system here",
                "restore it with: howdah restore; or make a new one: howdah init");
        }

        if (primary.Answers is not { } answers)
            return;
        foreach (var node in seen.Nodes.Where(
            node => !node.IsRebuildRequested && node.Answers is { } other && other.System != answers.System))
        {
            Add(
                node.Model,
                $"its data is of another database system ({node.Answers!.System}) than the primary's ({answers.System})",
                $"run: howdah standby rebuild {node.Model.Name}");
        }
    }

    private void Add(NodeModel node, string message, string hint) => Add(model.HostOf(node), node.Name, message, hint);

    private void Add(HostModel host, string subject, string message, string hint) =>
        _found.Add(new PlanObstacle(subject, message, hint) { Host = host.Name });
}
