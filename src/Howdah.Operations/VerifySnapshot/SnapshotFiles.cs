using System.Globalization;
using Howdah.Repository.Snapshots;
using Howdah.Storage;

namespace Howdah.Operations.VerifySnapshot;

/// <summary>Where a snapshot keeps the files that its manifest names.</summary>
internal sealed class SnapshotFiles(Snapshot snapshot)
{
    private const string TablespacePrefix = "pg_tblspc/";

    /// <summary>The file on disk; null where the name leads outside of the snapshot.</summary>
    public string? Locate(string path)
    {
        if (path.Split('/').Any(static part => part is "" or "." or ".."))
            return null;
        if (!path.StartsWith(TablespacePrefix, StringComparison.Ordinal))
            return Path.Combine(snapshot.DataDirectory, path);
        var rest = path.AsSpan(TablespacePrefix.Length);
        var slash = rest.IndexOf('/');
        return slash > 0 && uint.TryParse(rest[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var oid)
            ? Path.Combine(snapshot.TablespaceDirectory(oid), rest[(slash + 1)..].ToString())
            : null;
    }

    /// <summary>All files on disk, named as the manifest names them.</summary>
    public IEnumerable<string> Enumerate()
    {
        foreach (var path in Walk(snapshot.DataDirectory))
            yield return path;
        foreach (var tablespace in snapshot.Record.Tablespaces)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"{TablespacePrefix}{tablespace.Oid}/");
            foreach (var path in Walk(snapshot.TablespaceDirectory(tablespace.Oid)))
                yield return prefix + path;
        }
    }

    private static IEnumerable<string> Walk(string root) => Presence.OfDirectory(root)
        ? Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path))
        : [];
}
