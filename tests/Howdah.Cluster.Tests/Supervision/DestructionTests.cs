using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Supervision;

namespace Howdah.Cluster.Tests.Supervision;

/// <summary>A cluster file that places a node's data outside of the cluster's directory, as for <c>adopt</c>.</summary>
public sealed class DestructionTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("howdah-destroy-").FullName;
    private readonly ClusterModel _model;
    private readonly NodePaths _paths;

    public DestructionTests()
    {
        var text = $"""
            [cluster]
            name = "shop"
            postgresql = 15
            directory = "{_root}/cluster"
            [[nodes]]
            name = "main"
            address = "127.0.10.2"
            data_directory = "{_root}/pg/main"
            [backup]
            name = "backup"
            address = "127.0.10.4"
            repository = "{_root}/backups"
            """;
        var read = ClusterConfigReader.Read(text, "howdah.toml", new ConfigDefaults { ClusterRoot = "/tmp" });
        Assert.True(read.Model is not null, string.Join('\n', read.Problems));
        _model = read.Model;
        _paths = NodePaths.Of(_model.Nodes[0]);
        Put($"{_model.Paths.StateDirectory}/proof.json", "{}");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_was_never_adopted_stays_and_is_told()
    {
        Put($"{_paths.Data}/postgresql.conf", "work_mem = '7MB'\n");
        Put($"{_paths.Replaced}/a person's", "copy");
        Put($"{_paths.Initializing}/notes", "a person's");
        Put($"{_paths.Staged}/howdah.conf", $"unix_socket_directories = '{_root}/cluster2/run/main'\n");
        Put($"{_paths.Staged}/postgresql.conf", "include 'howdah.conf'\n");
        Put($"{_paths.Tablespaces}/fast/PG_15_202209061/1", "data");
        Put($"{_model.Backup.RepositoryDirectory}/dump.sql", "data");

        var destruction = Destruction.Of(_model);
        Assert.Empty(destruction.Owned);
        Assert.Empty(destruction.Scope.Removed);
        Assert.Equal(
            [_paths.Data, _paths.Initializing, _paths.Staged, _paths.Replaced, _model.Backup.RepositoryDirectory],
            destruction.Scope.Left);
        var before = Files($"{_root}/pg", $"{_root}/backups");
        destruction.Run();
        Assert.Equal(before, Files($"{_root}/pg", $"{_root}/backups"));
        Assert.False(Directory.Exists(_model.Paths.Root));
    }

    [Fact]
    public void What_it_has_made_is_named_and_goes_and_nothing_beside_it()
    {
        foreach (var directory in new[] { _paths.Data, _paths.Staged, _paths.Removed })
            PutOurs(directory);
        Put($"{_paths.Initializing}/abcdefgh.ijk/PG_VERSION", "15\n");
        Put($"{_paths.Unfinished}/PG_VERSION", "15\n");
        var claimed = _paths.TablespaceOfCopy(16400, 2);
        Put($"{claimed}/PG_15_202209061/1", "data");
        Put($"{_paths.Unfinished}.intent", $"an unfinished clone\ntablespace {claimed}\n");
        var used = _paths.TablespaceOfCopy(16400, 1);
        Link(16400, used);
        var place = $"{_root}/fast";
        Link(16401, place);
        Put($"{place}/readme", "a person's");
        var others = _paths.TablespaceOfCopy(16400, 3);
        Put($"{others}/PG_15_202209061/1", "another node's");
        Put($"{_model.Backup.RepositoryDirectory}/repository.json", "{}");

        var destruction = Destruction.Of(_model);
        Assert.Equal(_model.Nodes, destruction.Owned);
        Assert.Empty(destruction.Scope.Left);
        Assert.Equal(
            new[]
            {
                _paths.Data, _paths.Initializing, _paths.Staged, _paths.Unfinished, _paths.Removed, used, place, claimed,
                _model.Backup.RepositoryDirectory,
            }.Order(StringComparer.Ordinal),
            destruction.Scope.Removed.Order(StringComparer.Ordinal));
        destruction.Run();
        Assert.Equal(
            new[] { $"{others}/PG_15_202209061/1", $"{place}/readme" }.Order(StringComparer.Ordinal), Files(_root));
        Assert.False(Directory.Exists(used));
    }

    private void PutOurs(string directory)
    {
        Put($"{directory}/postgresql.conf", "work_mem = '7MB'\ninclude 'howdah.conf'\n");
        Put($"{directory}/howdah.conf", $"unix_socket_directories = '{_model.Paths.SocketDirectory(_model.Nodes[0])}'\n");
    }

    private void Link(uint oid, string place)
    {
        Put($"{place}/PG_15_202209061/1", "data");
        Directory.CreateDirectory($"{_paths.Data}/pg_tblspc");
        Directory.CreateSymbolicLink($"{_paths.Data}/pg_tblspc/{oid}", place);
    }

    private static void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static IEnumerable<string> Files(params string[] directories) => directories
        .SelectMany(directory => Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        .Order(StringComparer.Ordinal).ToList();
}
