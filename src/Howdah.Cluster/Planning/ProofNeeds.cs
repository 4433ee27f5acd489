using Howdah.Cluster.Observation;

namespace Howdah.Cluster.Planning;

/// <summary>Why a base backup or a proof is needed, from what was observed. Pure.</summary>
internal static class ProofNeeds
{
    /// <summary>Null where a snapshot leads to the newest WAL and holds all tablespaces.</summary>
    public static (string Text, string Reason)? WhyBackUp(ObservedCluster seen, bool isNew)
    {
        if (isNew || seen.Backup.Snapshots.Count == 0)
            return ("take the first base backup", "the repository holds no clean snapshot of this system");
        if (seen.Backup.Window is { Obstacle: { } obstacle })
            return ("take a base backup", $"no snapshot leads to the newest WAL: {obstacle}");
        return seen.UnsavedTablespaces() is [var unsaved, ..]
            ? ("take a base backup",
                $"no snapshot holds tablespace {unsaved.Name} in {unsaved.Location}: recovery from an older one would take it over")
            : null;
    }

    /// <summary>Null where it is proven. Where the primary is not new it has answered.</summary>
    public static string? WhyProve(ObservedCluster seen, bool isNew, bool isBackedUpFirst)
    {
        if (isNew || seen.Proof is not { } proof || proof.System != seen.AnsweringPrimary?.Answers?.System)
            return "not proven yet";
        var unproven = seen.Standbys.Select(node => node.Model.Name)
            .Where(name => !proof.Nodes.Contains(name, StringComparer.Ordinal)).ToList();
        if (unproven.Count > 0)
            return $"not proven yet with {string.Join(", ", unproven)}";
        var reaching = seen.Backup.Window?.Snapshots ?? [];
        return isBackedUpFirst || !reaching.Any(snapshot => string.Equals(snapshot.Id, proof.Snapshot, StringComparison.Ordinal))
            ? $"what was proven was snapshot {proof.Snapshot}, which does not lead to the newest WAL any more"
            : null;
    }
}
