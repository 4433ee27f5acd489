using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Postgres.Settings;

namespace Howdah.Cluster.Adoption;

/// <summary>
/// What is done to the files of a server so that Howdah's own count in it: whatever is set stays set at every moment, only the places
/// change. Pure.
/// </summary>
/// <remarks>
/// postgresql.conf gets what it includes and what ALTER SYSTEM has set, because both would overrule Howdah's file; files of Debian's layout
/// go to the data directory, where a server that Howdah starts looks for them, and links stay behind for the server that runs.
/// </remarks>
internal sealed class FileTakeover
{
    /// <summary>How copies of what was there before end.</summary>
    public const string KeptSuffix = ".before-howdah";

    public const string AutoConf = "postgresql.auto.conf";
    public const string StartConf = "start.conf";

    private const string Disabled = "disabled";

    private readonly FoundServer _server;
    private readonly List<FileAction> _actions = [];

    private FileTakeover(FoundServer server) => _server = server;

    /// <param name="server">Whose files.</param>
    /// <param name="paths">The cluster's own places.</param>
    /// <param name="removed">Settings to take out of postgresql.conf.</param>
    /// <returns>Only what is not done yet.</returns>
    public static IReadOnlyList<FileAction> Of(FoundServer server, ClusterPaths paths, IEnumerable<SettingRemark> removed)
    {
        var takeover = new FileTakeover(server);
        takeover.TakeMain([.. removed.Select(setting => setting.Name)]);
        takeover.TakeAccess();
        takeover.TakeSocket(paths);
        return takeover._actions;
    }

    /// <summary>Howdah's rendering is in force: what it replaced was looked after before.</summary>
    private bool IsRendered => PostgresConf.Parse(_server.Files.Flattened, "postgresql.conf").Includes.Any(NodeRendering.IsOwn);

    private void TakeMain(IReadOnlyList<string> removed)
    {
        var files = _server.Files;
        var wanted = Merge(removed);
        Put(files.Main, "postgresql.conf", wanted, "with its includes and what ALTER SYSTEM has set, but for what is taken out");
        if (files.Main.IsOutside)
        {
            var directory = Path.GetDirectoryName(files.Main.Path)!;
            // The server that runs looks for what is included beside the name that it was given.
            Link(Path.Combine(directory, NodeRendering.SettingsFileName), InData(NodeRendering.SettingsFileName));
            if (files.StartConf is { } start && WordOf(start) != Disabled)
            {
                var path = Path.Combine(directory, StartConf);
                Keep(path);
                Add(
                    FileActionKind.Write, path,
                    $"# Howdah starts and stops this server (howdah adopt): auto would start it a second time.\n{Disabled}\n",
                    $"{path}: {Disabled}, because Howdah starts and stops the server");
            }

            // The last: with it the file is no longer outside, and a next run takes all this for done.
            Link(files.Main.Path, InData("postgresql.conf"));
        }

        var auto = PostgresConf.Parse(files.AutoConf, AutoConf);
        if (!auto.Entries.Any())
            return;
        Keep(InData(AutoConf));
        var emptied = auto.Entries.Select(entry => entry.Name).Aggregate(auto, (conf, name) => conf.Remove(name));
        Add(FileActionKind.Write, InData(AutoConf), emptied.ToString(), $"{InData(AutoConf)}: empty, what it set is in postgresql.conf");
    }

    /// <summary>Their content is rendered by howdah up; until then it stays as it is.</summary>
    private void TakeAccess()
    {
        var files = _server.Files;
        var hba = files.Hba.Text.Contains("include", StringComparison.Ordinal)
            ? string.Join('\n', _server.HbaRules) + "\n"
            : files.Hba.Text;
        foreach (var (file, name, content) in new[] { (files.Hba, "pg_hba.conf", hba), (files.Ident, "pg_ident.conf", files.Ident.Text) })
        {
            if (file.IsOutside)
            {
                Put(file, name, content, "as it is");
                Link(file.Path, InData(name));
            }
        }

        if (IsRendered)
            return;
        if (!files.Hba.IsOutside)
            Keep(files.Hba.Path);
        if (files.Recovery is not null)
            Keep(InData(RecoveryConf.FileName));
    }

    /// <summary>A restart of the server, whenever it is, removes the link and makes its socket there.</summary>
    private void TakeSocket(ClusterPaths paths)
    {
        var own = paths.SocketDirectory(_server.Node);
        if (_server.Postmaster.SocketDirectory is not { } directory || directory == own)
            return;
        var name = $".s.PGSQL.{_server.Node.Port}";
        var path = Path.Combine(own, name);
        if (_server.Files.Links.GetValueOrDefault(path) != Path.Combine(directory, name))
            Add(FileActionKind.Link, path, Path.Combine(directory, name), $"{path}: a link to the server's socket in {directory}");
    }

    private string Merge(IReadOnlyList<string> removed)
    {
        var flattened = PostgresConf.Parse(_server.Files.Flattened, "postgresql.conf");
        var ours = flattened.Includes.Where(NodeRendering.IsOwn).Select(include => include.Line).ToHashSet();
        var lines = _server.Files.Flattened.Split('\n').Where((_, index) => !ours.Contains(index + 1));
        var conf = PostgresConf.Parse(string.Join('\n', lines), "postgresql.conf");
        foreach (var entry in PostgresConf.Parse(_server.Files.AutoConf, AutoConf).Entries)
            conf = conf.Set(entry.Name, entry.Value, "was set by ALTER SYSTEM");
        conf = removed.Aggregate(conf, (current, name) => current.Remove(name));
        var isAsBefore = ours.Count > 0 && !conf.Includes.Any() && conf.ToString() == string.Join('\n', lines);
        return isAsBefore ? _server.Files.Flattened
            : ours.Count > 0 ? conf.Include(ConfIncludeKind.File, NodeRendering.SettingsFileName).ToString()
            : conf.ToString();
    }

    private void Put(FoundFile file, string name, string content, string how)
    {
        var path = InData(name);
        if ((file.IsOutside ? file.InData : file.Text) == content)
            return;
        if (!file.IsOutside || file.InData is not null)
            Keep(path);
        Add(FileActionKind.Write, path, content, file.IsOutside ? $"{path}: {file.Path} {how}" : $"{path}: {how}");
    }

    private void Link(string path, string target)
    {
        if (_server.Files.Links.GetValueOrDefault(path) == target)
            return;
        if (Path.GetFileName(path) != NodeRendering.SettingsFileName)
            Keep(path);
        Add(FileActionKind.Link, path, target, $"{path}: a link to {target}");
    }

    private void Keep(string path)
    {
        if (!_server.Files.Kept.Contains(path) && _actions.TrueForAll(action => action.Kind != FileActionKind.Keep || action.Path != path))
            Add(FileActionKind.Keep, path, "", $"{path}{KeptSuffix}: what is there now");
    }

    private void Add(FileActionKind kind, string path, string content, string text) => _actions.Add(new(kind, path, content, text));

    private string InData(string name) => Path.Combine(_server.Node.DataDirectory, name);

    private static string WordOf(string startConf) =>
        startConf.Split('\n').Select(line => line.Split('#')[0].Trim()).FirstOrDefault(word => word.Length > 0) ?? "";
}
