using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>
/// Finds tablespace directories that several data directories of one machine use. A standby that replays <c>CREATE TABLESPACE</c> uses the
/// path of its primary (PostgreSQL 11-18, CREATE TABLESPACE, and manual 26.2.1); beside its primary it writes into the primary's files.
/// </summary>
internal static class SharedTablespaces
{
    /// <summary>Says of each node which of its tablespace directories another one uses too.</summary>
    public static IReadOnlyList<ObservedNode> Mark(IReadOnlyList<ObservedNode> nodes)
    {
        var places = nodes.Select(node => node.Data == DataPlace.Initialized ? Places(node.Model.DataDirectory) : []).ToList();
        var shared = places.SelectMany(own => own).GroupBy(place => place, StringComparer.Ordinal)
            .Where(users => users.Count() > 1).Select(users => users.Key).ToHashSet(StringComparer.Ordinal);
        return [.. nodes.Select((node, index) => node with { SharedTablespaces = [.. places[index].Where(shared.Contains)] })];
    }

    /// <summary>Through all links, so that two ways to one directory are one place.</summary>
    private static List<string> Places(string dataDirectory) => StorageFailure.Run(
        $"following the tablespaces of {dataDirectory}",
        () => DataDirectoryFiles.TablespaceLinks(dataDirectory)
            .Select(link => link.ResolveLinkTarget(returnFinalTarget: true)?.FullName)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .ToList());
}
