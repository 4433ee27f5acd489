using Howdah.Postgres.Replication;

namespace Howdah.Cluster.Configuration;

/// <summary>What came out of reading a cluster file.</summary>
/// <param name="Model">The cluster; null when there is any problem.</param>
/// <param name="Problems">Everything that is wrong, in the order of the file.</param>
/// <param name="Effective">Every value as it counts, defaults included.</param>
public sealed record ClusterConfigResult(
    ClusterModel? Model,
    IReadOnlyList<ConfigProblem> Problems,
    IReadOnlyList<EffectiveValue> Effective
);

/// <summary>Reads a cluster file and reports every problem in it at once, each with line, column and a suggestion.</summary>
public static class ClusterConfigReader
{
    /// <param name="text">The whole file.</param>
    /// <param name="fileName">For messages of the TOML parser only; nothing is opened.</param>
    /// <param name="defaults">What the defaults depend on outside the file.</param>
    public static ClusterConfigResult Read(string text, string fileName, ConfigDefaults defaults)
    {
        var problems = new ProblemList();
        var root = ConfigTreeBuilder.Build(text, fileName, problems);
        var reading = new Reading(text, root, defaults, problems);
        var model = reading.Run();
        return new ClusterConfigResult(problems.Any ? null : model, problems.ToSorted(), reading.Effective);
    }

    /// <summary>One pass over one file; holds what the sections need to know of each other.</summary>
    private sealed class Reading(string text, ConfigTable root, ConfigDefaults defaults, ProblemList problems)
    {
        public List<EffectiveValue> Effective { get; } = [];

        public ClusterModel? Run()
        {
            foreach (var entry in root.Entries)
                CheckSection(entry);
            var cluster = Section(ConfigSchema.Cluster);
            var name = cluster.Text("name");
            var major = cluster.Integer("postgresql");
            var directory = cluster.Text("directory", name is null ? null : Path.Combine(defaults.ClusterRoot, name.Value));
            var binDirectory = cluster.Text("bin_directory");
            var synchronous = cluster.Text("synchronous", ConfigSchema.SynchronousOff);
            var slotBudget = cluster.Size("slot_wal_budget");
            var paths = new ClusterPaths(directory?.Value ?? "/");
            var nodes = ReadNodes(paths);
            var backup = ReadBackup(paths);
            var users = ReadUsers();
            var settings = ReadSettings(major?.Value ?? 0, nodes.Count, synchronous?.Value);
            var hba = ReadHbaLines(major?.Value ?? 0);
            var drill = ReadDrill();
            var schedule = ReadSchedule();
            var agent = ReadAgent();
            new SemanticChecks(problems).Run(directory, nodes, backup);
            if (
                name is null
                || major is null
                || directory is null
                || synchronous is null
                || users is null
                || drill is null
                || agent is null
            )
                return null;
            return new ClusterModel
            {
                Name = name.Value,
                PostgresMajor = major.Value,
                Directory = directory.Value,
                BinDirectory = binDirectory?.Value,
                Nodes = [.. nodes.Select(node => node.Value)],
                Backup = backup.Value,
                Users = users,
                ExtraSettings = settings,
                ExtraHbaLines = hba,
                Synchronous = ModeOf(synchronous.Value),
                SlotWalBudget = slotBudget?.Value,
                Drill = drill,
                Schedule = schedule,
                Agent = agent,
                Source = text,
            };
        }

        private static SynchronousMode ModeOf(string value) =>
            value switch
            {
                ConfigSchema.SynchronousAny => SynchronousMode.Any,
                ConfigSchema.SynchronousAll => SynchronousMode.All,
                _ => SynchronousMode.Off,
            };

        private void CheckSection(ConfigEntry entry)
        {
            var section = ConfigSchema.Sections.FirstOrDefault(known => string.Equals(known.Name, entry.Key, StringComparison.Ordinal));
            if (section is null)
            {
                var names = ConfigSchema.Sections.Select(known => known.Name).ToList();
                var what = entry.Value is ConfigTable or ConfigTableList ? "section" : "key";
                problems.Add(entry.KeyPosition, $"unknown {what} {entry.Key}", UnknownKey.Suggest(entry.Key, names, "a cluster file"));
            }
            else if (!section.IsList && entry.Value is not ConfigTable)
            {
                problems.Add(
                    entry.KeyPosition,
                    $"{entry.Key} is {entry.Value.Kind}, but has to be one section",
                    $"write {section.Header} once"
                );
            }
            else if (section.IsList && entry.Value is ConfigTable)
            {
                problems.Add(
                    entry.KeyPosition,
                    $"[{entry.Key}] is one section, but each node has its own",
                    $"write {section.Header} before each of them"
                );
            }
        }

        private ConfigTableReader Section(ConfigSection section)
        {
            var entry = root.Find(section.Name);
            if (entry is null && section.Required)
                problems.AddMissing(default, $"there is no section {section.Header}", $"add {section.Header}: {section.Description}");
            return Reader(entry?.Value as ConfigTable, section, section.Name);
        }

        private ConfigTableReader Reader(ConfigTable? table, ConfigSection section, string path) =>
            new(table, section, path, (problems, Effective));

        private List<Located<NodeModel>> ReadNodes(ClusterPaths paths)
        {
            List<ConfigTable> tables = [];
            switch (root.Find(ConfigSchema.Nodes.Name)?.Value)
            {
                case null:
                    problems.AddMissing(
                        default,
                        "there are no nodes",
                        "add at least one [[nodes]] with name and address; a second one is a hot standby"
                    );
                    break;
                case ConfigTableList list:
                    tables.AddRange(list.Tables);
                    break;
                case ConfigTable single: // reported already; its keys are still looked at
                    tables.Add(single);
                    break;
                case ConfigArray array:
                    tables.AddRange(array.Items.OfType<ConfigTable>());
                    foreach (var other in array.Items.Where(item => item is not ConfigTable))
                        problems.Add(
                            other.Position,
                            $"nodes holds {other.Kind}, but has to hold sections",
                            "{ name = \"db1\", address = \"10.0.10.2\" }"
                        );
                    if (array.Items.Count == 0)
                        problems.Add(array.Position, "nodes is empty", "one node at least; a second one is a hot standby");
                    break;
                case var other:
                    problems.Add(other.Position, $"nodes is {other.Kind}, but has to be sections", "write [[nodes]] before each of them");
                    break;
            }

            return [.. tables.Select((table, index) => ReadNode(Reader(table, ConfigSchema.Nodes, $"nodes[{index}]"), index, paths))];
        }

        private static Located<NodeModel> ReadNode(ConfigTableReader reader, int index, ClusterPaths paths)
        {
            var name = reader.Text("name")?.Value;
            var address = reader.Text("address")?.Value;
            var port = reader.Integer("port", 5432)?.Value ?? 0;
            // A node whose name is wrong is still compared with the others, under a name that cannot be written.
            var shown = name ?? $"?{index}";
            var node = new NodeModel
            {
                Name = shown,
                Address = address ?? "",
                Port = port,
                ApplicationName = reader.Text("application_name", shown)?.Value ?? $"?{index}",
                SlotName = reader.Text("slot", name is null ? $"?{index}" : ReplicationSlotName.From(name))?.Value ?? $"?{index}",
                DataDirectory = reader.Text("data_directory", Path.Combine(paths.NodeDirectory(shown), "data"))?.Value ?? $"?{index}",
            };
            return new Located<NodeModel>(node, reader.Position);
        }

        private Located<BackupHostModel> ReadBackup(ClusterPaths paths)
        {
            // As for nodes: what is wrong in one key does not keep the others from being compared.
            const string unknown = "?backup";
            var reader = Section(ConfigSchema.Backup);
            var backup = new BackupHostModel
            {
                Name = reader.Text("name", "backup")?.Value ?? unknown,
                Address = reader.Text("address")?.Value ?? "",
                ApplicationName = reader.Text("application_name", "barman_receive_wal")?.Value ?? unknown,
                SlotName = reader.Text("slot", "barman")?.Value ?? unknown,
                RepositoryDirectory = reader.Text("repository", paths.RepositoryDirectory)?.Value ?? unknown,
                RateLimit = reader.Size("rate_limit")?.Value,
            };
            return new Located<BackupHostModel>(backup, reader.Position);
        }

        private UsersModel? ReadUsers()
        {
            var reader = Section(ConfigSchema.Users);
            var replication = reader.Text("replication", "howdah_replication");
            var backup = reader.Text("backup", "howdah_backup");
            var superuser = reader.Text("superuser", "postgres");
            if (replication is null || backup is null || superuser is null)
                return null;
            if (replication.Value == backup.Value)
                problems.Add(
                    backup.Position,
                    $"replication and backup are both {backup.Value}",
                    "two roles: whoever streams WAL need not see the statistics"
                );
            foreach (var (role, key) in new[] { (replication, "replication"), (backup, "backup") })
            {
                if (role.Value == superuser.Value)
                    problems.Add(
                        role.Position,
                        $"{key} is the superuser {superuser.Value}",
                        "a role of its own: Howdah grants it just what it needs"
                    );
            }

            return new UsersModel
            {
                Replication = replication.Value,
                Backup = backup.Value,
                Superuser = superuser.Value,
            };
        }

        private OrderedDictionary<string, string> ReadSettings(int major, int nodeCount, string? synchronous)
        {
            OrderedDictionary<string, string> settings = new(StringComparer.OrdinalIgnoreCase);
            foreach (var (entry, value) in Section(ConfigSchema.Settings).Free())
            {
                if (OwnedSettings.Check(entry.Key, value, major, nodeCount) is { } wrong)
                    problems.Add(entry.KeyPosition, wrong.Message, wrong.Suggestion);
                else if (synchronous is not null and not ConfigSchema.SynchronousOff
                    && string.Equals(entry.Key, SynchronousPromise.CommitSetting, StringComparison.OrdinalIgnoreCase)
                    && SynchronousPromise.IsBrokenBy(value))
                    problems.Add(
                        entry.KeyPosition,
                        $"synchronous_commit = {value} waits for no other host, and synchronous = {synchronous} promises that commits do",
                        "leave one of the two out; a session that need not wait may set synchronous_commit for itself");
                else if (!settings.TryAdd(entry.Key, value))
                    problems.Add(
                        entry.KeyPosition,
                        $"{entry.Key} is set twice: the names of settings are the same in upper and lower case",
                        "keep one of them"
                    );
            }

            return settings;
        }

        private List<string> ReadHbaLines(int major)
        {
            List<string> lines = [];
            foreach (var line in Section(ConfigSchema.Hba).TextList("lines"))
            {
                if (HbaLineCheck.Check(line.Value, major) is { } wrong)
                    problems.Add(line.Position, wrong.Message, wrong.Suggestion);
                lines.Add(line.Value);
            }

            return lines;
        }

        private ScheduleModel ReadSchedule()
        {
            var reader = Section(ConfigSchema.Schedule);
            return new ScheduleModel { Backup = reader.Text("backup")?.Value, Drill = reader.Text("drill")?.Value };
        }

        private AgentModel? ReadAgent()
        {
            var reader = Section(ConfigSchema.Agent);
            var port = reader.Integer("port", AgentModel.DefaultPort);
            var status = reader.Text("status", ConfigSchema.StatusForMembers);
            return port is null || status is null
                ? null
                : new AgentModel { Port = port.Value, IsStatusOpen = status.Value == ConfigSchema.StatusOpen };
        }

        private DrillModel? ReadDrill()
        {
            var reader = Section(ConfigSchema.Drill);
            var query = reader.Text("query", "select count(*) from pg_class");
            var database = reader.Text("database", "postgres");
            return query is null || database is null ? null : new DrillModel { Query = query.Value, Database = database.Value };
        }
    }
}
