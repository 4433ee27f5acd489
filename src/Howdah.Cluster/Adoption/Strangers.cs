using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Adoption;

/// <summary>Slots and followers of a primary that are nobody's of the cluster file. Howdah leaves them alone.</summary>
internal sealed record Strangers(IReadOnlyList<FoundSlot> Slots, IReadOnlyList<FoundFollower> Followers)
{
    /// <summary>Howdah's own short sessions, such as a base backup.</summary>
    private const string OwnPrefix = "howdah";

    /// <param name="model">The cluster file, with the slots that are in use.</param>
    /// <param name="server">The primary.</param>
    public static Strangers Of(ClusterModel model, FoundServer server)
    {
        var ownSlots = model.Nodes.Select(node => node.SlotName).Append(model.Backup.SlotName).ToHashSet(StringComparer.Ordinal);
        var ownNames = model.Nodes.Select(node => node.ApplicationName).Append(model.Backup.ApplicationName)
            .ToHashSet(StringComparer.Ordinal);
        var ownSenders = server.Slots.Where(slot => ownSlots.Contains(slot.Name)).Select(slot => slot.ProcessId).ToHashSet();
        return new Strangers(
            [.. server.Slots.Where(slot => !ownSlots.Contains(slot.Name))],
            [.. server.Followers.Where(
                follower => !ownSenders.Contains(follower.ProcessId) && !ownNames.Contains(follower.ApplicationName)
                    && !follower.ApplicationName.StartsWith(OwnPrefix, StringComparison.Ordinal))]);
    }

    public IEnumerable<string> Describe()
    {
        foreach (var slot in Slots)
        {
            var use = slot.ProcessId is null ? "not in use: it keeps WAL for nobody now" : "in use";
            yield return $"slot {slot.Name} ({(slot.IsPhysical ? "physical" : "logical")}, {use})";
        }

        foreach (var follower in Followers)
            yield return $"follower {follower.ApplicationName} from {follower.Address ?? "the local socket"}";
    }
}
