using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Operations.CloneStandby;
using Howdah.Repository;
using Howdah.Storage;

namespace Howdah.Cluster.Supervision;

/// <summary>What <c>destroy</c> would do; the cluster's own directory apart.</summary>
/// <param name="Removed">Places outside of the cluster's directory of which something is removed.</param>
/// <param name="Left">Places that the cluster file names and that stay: nothing shows that they are of this cluster.</param>
public sealed record DestructionScope(IReadOnlyList<string> Removed, IReadOnlyList<string> Left);

/// <summary>
/// Removes what a cluster has made, and nothing else. A cluster file may name a server that was never adopted, or a directory of somebody
/// else: that stays. Other files in the cluster's directory stay, too, and then so does the directory.
/// </summary>
internal sealed class Destruction
{
    private readonly ClusterModel _model;
    private readonly List<NodePlaces> _nodes;
    private readonly bool _removesRepository;

    private Destruction(ClusterModel model)
    {
        _model = model;
        _nodes = [.. model.Nodes.Select(node => NodePlaces.Find(model, node))];
        _removesRepository = Presence.OfDirectory(Repository)
            && (Repository == model.Paths.RepositoryDirectory || BackupRepository.IsAt(Repository));
        List<string> removed = [.. _nodes.SelectMany(node => node.All), .. _removesRepository ? [Repository] : Array.Empty<string>()];
        Scope = new DestructionScope(
            [.. removed.Where(place => !IsWithin(place, model.Paths.Root)).Distinct(StringComparer.Ordinal)],
            [
                .. _nodes.SelectMany(node => node.Left),
                .. !_removesRepository && !DataDirectoryFiles.IsAbsent(Repository) ? [Repository] : Array.Empty<string>(),
            ]);
    }

    public DestructionScope Scope { get; }

    /// <summary>Those whose servers are this cluster's, and to be stopped.</summary>
    public IReadOnlyList<NodeModel> Owned => [.. _nodes.Where(node => node.OwnsData).Select(node => node.Node)];

    private string Repository => _model.Backup.RepositoryDirectory;

    public static Destruction Of(ClusterModel model) => new(model);

    public void Run()
    {
        foreach (var node in _nodes)
            node.Remove(_model.PostgresMajor);
        if (_removesRepository)
            DataDirectories.Remove(Repository);
        var root = _model.Paths;
        foreach (var directory in new[] { root.NodesDirectory, root.SecretsDirectory, root.RunDirectory, root.StateDirectory })
            DataDirectories.Remove(directory);
        // Not even its directory need be there.
        if (File.Exists(root.ClusterFile))
            File.Delete(root.ClusterFile);
        RemoveIfEmpty(root.Root);
    }

    private static bool IsWithin(string place, string directory) =>
        place.StartsWith(Path.TrimEndingDirectorySeparator(directory) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static void RemoveIfEmpty(string directory)
    {
        if (!Directory.Exists(directory) || Directory.EnumerateFileSystemEntries(directory).Any())
            return;
        try
        {
            Directory.Delete(directory);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            // The directory above is somebody else's (root made it): an empty directory stays, and does no harm.
        }
    }

    /// <summary>What there is of one node.</summary>
    /// <param name="Node">The node.</param>
    /// <param name="Directories">Data directories and copies that are this cluster's.</param>
    /// <param name="Left">Those that are not.</param>
    private sealed record NodePlaces(NodeModel Node, IReadOnlyList<string> Directories, IReadOnlyList<string> Left)
    {
        private readonly NodePaths _paths = NodePaths.Of(Node);

        public bool OwnsData => Directories.Contains(_paths.Data, StringComparer.Ordinal);

        private IEnumerable<string> Tablespaces => Directories.SelectMany(DataDirectories.TablespacesOf).Where(Directory.Exists);

        /// <summary>Those of its tablespaces included, where only the server's own content is removed.</summary>
        public IEnumerable<string> All => [.. Directories, .. Tablespaces, .. StandbyCloner.FindInterrupted(_paths.Staged)];

        public static NodePlaces Find(ClusterModel model, NodeModel node)
        {
            var paths = NodePaths.Of(node);
            string[] places = [paths.Data, paths.Initializing, paths.Staged, paths.Unfinished, paths.Replaced, paths.Removed];
            var interrupted = StandbyCloner.FindInterrupted(paths.Staged);
            // An empty one may be anybody's, and nothing is lost with it or without it.
            var found = places.Where(place => !DataDirectoryFiles.IsAbsent(place)).ToLookup(
                place => IsWithin(place, model.Paths.NodesDirectory)
                    || (place == paths.Initializing && IsInitialization(place))
                    || interrupted.Contains(place, StringComparer.Ordinal)
                    || ConfigurationFiles.AreOf(model.Paths, place));
            return new NodePlaces(node, [.. found[true]], [.. found[false]]);
        }

        public void Remove(int major)
        {
            var copies = Tablespaces.Where(place => _paths.IsOfCopy(place)).ToList();
            foreach (var directory in Directories)
                DataDirectories.RemoveTablespaceContents(directory, major);
            StandbyCloner.RemoveInterrupted(_paths.Staged);
            foreach (var directory in Directories)
                DataDirectories.Remove(directory);
            foreach (var directory in copies)
                RemoveIfEmpty(directory);
            if (copies.Count > 0)
                RemoveIfEmpty(_paths.Tablespaces);
        }

        /// <summary>What <see cref="ServerSteps.InitializeAsync"/> makes: directories under names of chance, and nothing else.</summary>
        private static bool IsInitialization(string directory) => Directory.EnumerateFileSystemEntries(directory).All(
            entry => Directory.Exists(entry) && Path.GetFileName(entry) is { Length: 12 } name && name[8] == '.');
    }
}
