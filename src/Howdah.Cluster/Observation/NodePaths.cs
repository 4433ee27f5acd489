using System.Globalization;
using Howdah.Cluster.Configuration;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Observation;

/// <summary>The places of one node's data, beside each other so that a rename puts one in place of another.</summary>
internal sealed record NodePaths(string Data)
{
    /// <summary>Holds a new database system while initdb makes it, under a name of its own: an initdb whose parent was killed goes on
    /// for a while, and removes its directory when it fails.</summary>
    public string Initializing => Data + ".init";

    /// <summary>A copy of the primary, complete and verified: it gets this name only then.</summary>
    public string Staged => Data + ".new";

    /// <summary>The copy before that.</summary>
    public string Unfinished => Staged + ".new";

    /// <summary>Where tablespaces of copies go, each in a directory of its own. Nodes with data side by side share it.</summary>
    public string Tablespaces => Path.Combine(Path.GetDirectoryName(Data)!, "tablespaces");

    /// <summary>A tablespace's directory of one copy.</summary>
    /// <param name="oid">The tablespace's.</param>
    /// <param name="generation">The copy's: milliseconds since 1970.</param>
    public string TablespaceOfCopy(uint? oid, long generation) =>
        Path.Combine(Tablespaces, string.Create(CultureInfo.InvariantCulture, $"{oid}-{generation}"));

    /// <summary>It is such a directory.</summary>
    public bool IsOfCopy(string directory) =>
        string.Equals(Path.GetDirectoryName(directory), Tablespaces, StringComparison.Ordinal)
        && Path.GetFileName(directory).Split('-') is [var oid, var generation]
        && uint.TryParse(oid, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        && long.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>What the staged directory replaced; removed once its replacement streams.</summary>
    public string Replaced => Data + ".old";

    /// <summary>What was taken out of the cluster; never removed by us.</summary>
    public string Removed => Data + ".removed";

    /// <summary>Nothing may be in the way of what is to be taken out.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/></exception>
    public void RequireRoomForRemoved()
    {
        if (Directory.Exists(Removed))
            throw new OperationException(
                ErrorCodes.Refused, $"{Removed} is there already: what was taken out before", "move it away, or remove it");
    }

    public static NodePaths Of(NodeModel node) => new(node.DataDirectory);
}
