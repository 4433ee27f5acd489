using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Units;

namespace Howdah.Cluster.Supervision;

/// <summary>Whether there is room where servers and the receiver write. Pure.</summary>
internal static class DiskChecks
{
    /// <summary>Two segments of WAL of the usual size: a server that cannot make its next one stops, and so does the receiver.</summary>
    private const long LeastBytes = 32L << 20;

    /// <summary>Of a disk this is enough for a while, however large it is.</summary>
    private const long PlentyBytes = 5L << 30;

    /// <summary>One part in so many.</summary>
    private const int SmallPart = 20;

    public static IEnumerable<ProtectionCheck> Of(ClusterModel model, ObservedCluster seen)
    {
        foreach (var node in seen.Nodes)
        {
            if (node.Disk is { } disk)
                yield return Check(node.Model.Name, disk);
        }

        if (seen.Backup.Disk is { } repository)
            yield return Check(model.Backup.Name, repository);
    }

    private static ProtectionCheck Check(string name, ObservedDisk disk)
    {
        var subject = $"disk {name}";
        var left = $"{new ByteSize(disk.FreeBytes)} of {new ByteSize(disk.TotalBytes)} left";
        if (disk.FreeBytes < LeastBytes)
        {
            var sentence = $"the disk of {name} has no room for more WAL: {left} in {disk.Place}; free space there, or give it more";
            return new(subject, Verdict.Bad, sentence) { Reason = sentence };
        }

        return new(subject, Verdict.Good, left)
        {
            Warning = disk.FreeBytes >= Math.Min(PlentyBytes, disk.TotalBytes / SmallPart)
                ? null
                : $"the disk of {name} fills up: {left} in {disk.Place}",
        };
    }
}
