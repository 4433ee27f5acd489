using Howdah.Cluster.Adoption;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Tests.Adoption;

/// <summary>Servers as they would be found, and a cluster file that names them.</summary>
internal static class FoundScene
{
    public static readonly PostgresVersion Version = new(150018);

    public static ClusterModel Model(string rest = "")
    {
        var text = $"""
            [cluster]
            name = "shop"
            postgresql = 15
            directory = "/srv/shop"
            [[nodes]]
            name = "one"
            address = "127.0.0.1"
            data_directory = "/srv/one"
            [[nodes]]
            name = "two"
            address = "127.0.0.2"
            data_directory = "/srv/two"
            [backup]
            address = "127.0.0.3"
            {rest}
            """;
        var read = ClusterConfigReader.Read(text, "howdah.toml", new ConfigDefaults { ClusterRoot = "/srv" });
        Assert.True(read.Model is not null, string.Join('\n', read.Problems));
        return read.Model;
    }

    /// <summary>The primary, in the data directory of the first node, with the usual files.</summary>
    public static FoundServer Primary(ClusterModel model, params string[] hba) => Server(model.Nodes[0], hba);

    public static FoundServer Standby(ClusterModel model) => Server(model.Nodes[1]) with
    {
        InRecovery = true,
        Receiver = new FoundReceiver("127.0.0.1", 5432, "feeds_two"),
    };

    public static FoundServer Followed(this FoundServer primary) => primary with
    {
        Slots = [.. primary.Slots, new FoundSlot("feeds_two", IsPhysical: true, 77)],
        Followers = [.. primary.Followers, new FoundFollower("walreceiver", "127.0.0.1", 77)],
    };

    public static FoundServer With(this FoundServer server, string name, string shown, string type = "string", bool needsRestart = false)
    {
        var setting = new FoundSetting(name, shown) { Kind = new SettingKind(type, null), NeedsRestart = needsRestart };
        return server with
        {
            Settings = new Dictionary<string, FoundSetting>(server.Settings, StringComparer.OrdinalIgnoreCase) { [name] = setting },
            FileSettings = [.. server.FileSettings, new FileSetting(name, shown, "/srv/one/postgresql.conf")],
        };
    }

    public static AdoptionPlan Plan(ClusterModel model, params FoundServer[] servers) => Plan(model, new AdoptionOptions(), servers);

    public static AdoptionPlan Plan(ClusterModel model, AdoptionOptions options, params FoundServer[] servers) => AdoptionPlanner.Plan(
        model, new FoundHost { Servers = servers }, options, new RenderOptions { Version = Version });

    private static FoundServer Server(NodeModel node, params string[] hba)
    {
        var file = Path.Combine(node.DataDirectory, "postgresql.conf");
        var settings = new Dictionary<string, FoundSetting>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, shown) in new[]
        {
            ("data_checksums", "on"), ("wal_level", "replica"), ("unix_socket_directories", "/tmp"), ("listen_addresses", "*"),
        })
            settings[name] = new FoundSetting(name, shown) { Kind = new SettingKind("string", null), NeedsRestart = true };
        return new FoundServer(node)
        {
            Postmaster = new PostmasterFile(42, node.DataDirectory) { Port = node.Port, SocketDirectory = "/tmp", StartTime = 1 },
            Version = Version,
            System = new SystemIdentifier(7),
            InRecovery = false,
            IsSuperuser = true,
            Settings = settings,
            HbaRules = [.. PgHba.Parse(string.Join('\n', hba), "pg_hba.conf", Version).Records],
            Files = new FoundFiles
            {
                Main = new FoundFile(file, "# theirs\n") { InData = "# theirs\n" },
                Hba = new FoundFile(Path.Combine(node.DataDirectory, "pg_hba.conf"), string.Join('\n', hba)),
                Ident = new FoundFile(Path.Combine(node.DataDirectory, "pg_ident.conf"), ""),
                Flattened = "# theirs\n",
            },
        };
    }
}
