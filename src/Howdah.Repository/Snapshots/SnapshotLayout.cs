using System.Globalization;

namespace Howdah.Repository.Snapshots;

/// <summary>The names inside a snapshot's directory, the same in a draft.</summary>
internal static class SnapshotLayout
{
    internal const string DraftSuffix = ".draft";
    internal const string LockSuffix = ".lock";
    internal const string Manifest = "backup_manifest";

    internal static string Data(string directory) => Path.Combine(directory, "data");

    internal static string Tablespace(string directory, uint oid) =>
        Path.Combine(directory, "tablespaces", oid.ToString(CultureInfo.InvariantCulture));
}
