using System.Globalization;
using Howdah.Cluster.Configuration;
using Howdah.Core.Units;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Rendering;

/// <summary>The settings that every node has, whatever its role: roles change hands without a change of files.</summary>
internal static class ServerSettings
{
    /// <summary>The usual ten, or what the cluster needs with room for a clone, two backups and a new standby.</summary>
    private const int SpareSenders = 6;

    /// <summary>NAMEDATALEN - 1: longer names would be cut.</summary>
    private const int LongestClusterName = 63;

    /// <summary>The server's certificate, between hosts.</summary>
    public static IReadOnlyList<string> TlsNames { get; } = ["ssl", "ssl_cert_file", "ssl_key_file", "ssl_ca_file"];

    /// <summary>How many may stream, and how many slots there may be, where <c>[settings]</c> does not say.</summary>
    public static int UsualSenders(ClusterModel model) => Math.Max(10, model.Nodes.Count + SpareSenders);

    public static IEnumerable<RenderedSetting> Of(ClusterModel model, NodeModel node, RenderOptions options)
    {
        foreach (var setting in Network(model, node, options)
            .Concat(Tls(model)).Concat(Replication(model, node, options)).Concat(Adjustable(model, options)))
            yield return setting;
        foreach (var (name, value) in model.ExtraSettings)
            yield return new RenderedSetting(name, value, "from [settings] of the cluster file");
    }

    public static ByteSize? BudgetOf(ClusterModel model, RenderOptions options) => model.SlotWalBudget ?? options.SlotWalBudget;

    private static IEnumerable<RenderedSetting> Network(ClusterModel model, NodeModel node, RenderOptions options)
    {
        yield return new("listen_addresses", node.Address, "the address that the others connect to, and no other");
        yield return new("port", Number(node.Port), "from [[nodes]] of the cluster file");
        var sockets = model.Paths.SocketDirectory(node);
        yield return options.SystemSocketDirectory is { } system
            ? new("unix_socket_directories", $"{sockets}, {system}", "Howdah reaches the server in the first, psql looks in the second")
            : new("unix_socket_directories", sockets, "Howdah reaches the server here as its superuser");
        yield return new("unix_socket_permissions", "0700", "only the user that runs the server may use the socket");
        var name = $"{model.Name}/{node.Name}";
        yield return new("cluster_name", name.Length <= LongestClusterName ? name : node.Name, "tells the servers apart in a process list");
    }

    private static IEnumerable<RenderedSetting> Tls(ClusterModel model)
    {
        if (model.IsOnOneMachine)
            yield break;
        var trust = model.Paths.Trust;
        yield return new("ssl", "on", "WAL and passwords cross a network");
        yield return new("ssl_cert_file", trust.HostCertificate, "the host's certificate, signed by the cluster's own authority");
        yield return new("ssl_key_file", trust.HostKey, "its key");
        yield return new("ssl_ca_file", trust.CaCertificate, "the cluster's own authority");
    }

    /// <summary>Whole megabytes, rounded down: the unit that max_slot_wal_keep_size counts in.</summary>
    private static string Megabytes(ByteSize size) => (size.Bytes >> 20).ToString(CultureInfo.InvariantCulture) + "MB";

    private static IEnumerable<RenderedSetting> Replication(ClusterModel model, NodeModel node, RenderOptions options)
    {
        var facts = options.Version.Facts;
        yield return new("wal_level", "replica", "enough WAL for standbys and for backups");
        yield return new("fsync", "on", "a commit that was answered must be on disk");
        yield return new("full_page_writes", "on", "a base backup is taken while pages are being written");
        yield return new("hot_standby", "on", "a standby can be read");
        if (facts.HasSlotWalBudget && BudgetOf(model, options) is { } budget)
            yield return new("max_slot_wal_keep_size", Megabytes(budget), BudgetReason(model));
        if (facts.HasIdleSlotTimeout)
            yield return new(
                "idle_replication_slot_timeout",
                "0",
                "a standby that is down for a while keeps its slot; the disk budget bounds it"
            );
        yield return new("synchronous_standby_names", SynchronousNames(model, node), SynchronousReason(model.Synchronous));
        yield return new("password_encryption", "scram-sha-256", "passwords are never stored in a form that can be replayed");
    }

    private static string BudgetReason(ClusterModel model) =>
        model.SlotWalBudget is null
            ? "from the size of the disk: rather lose a slot, and build that standby anew, than the primary"
            : "slot_wal_budget of the cluster file: rather lose a slot than the primary";

    /// <summary>Left out where <c>[settings]</c> says something else; the reader has checked that it is enough.</summary>
    private static IEnumerable<RenderedSetting> Adjustable(ClusterModel model, RenderOptions options)
    {
        var senders = Number(UsualSenders(model));
        List<RenderedSetting> settings =
        [
            new(
                "max_wal_senders",
                senders,
                "one per standby and for the receiver, with room for backups and clones; the same on every node"
            ),
            new("max_replication_slots", senders, "the same on every node: a promoted standby takes over all slots"),
            new("tcp_keepalives_idle", "30", "a dead peer is noticed after about a minute and its slot freed"),
            new("tcp_keepalives_interval", "10", "see tcp_keepalives_idle"),
            new("tcp_keepalives_count", "3", "see tcp_keepalives_idle"),
            new("wal_retrieve_retry_interval", "1s", "a standby that lost its primary asks again after a second, not after five"),
            new("log_replication_commands", "on", "the log shows who streamed and who took a backup"),
            new("log_line_prefix", "%m [%p] %q%u@%d %a ", "the log shows when, who and from which program"),
        ];
        if (options.Version.Facts.HasMinimumTlsVersion && !options.Version.Facts.DefaultsToTls12)
            settings.Add(new("ssl_min_protocol_version", "TLSv1.2", "this version would still accept TLS 1.0"));
        return settings.Where(setting => !model.ExtraSettings.ContainsKey(setting.Name));
    }

    private static string SynchronousNames(ClusterModel model, NodeModel node)
    {
        if (model.Synchronous == SynchronousMode.Off)
            return "";
        var holders = SynchronousPromise.Holders(model, node);
        var names = string.Join(", ", holders.Select(holder => SqlText.Identifier(holder.ApplicationName)));
        return $"ANY {SynchronousPromise.Needed(model.Synchronous, holders.Count)} ({names})";
    }

    private static string SynchronousReason(SynchronousMode mode) =>
        mode switch
        {
            SynchronousMode.Any => "synchronous = any: a commit is answered when one other host holds it",
            SynchronousMode.All => "synchronous = all: a commit is answered when every other host holds it",
            _ => "synchronous = off: a commit is answered when the primary holds it",
        };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
