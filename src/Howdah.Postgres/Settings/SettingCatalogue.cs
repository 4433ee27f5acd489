using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Settings;

/// <summary>What it takes for a changed setting to count.</summary>
public enum SettingContext
{
    Reload,
    Restart,
}

/// <summary>
/// A setting during a range of major versions.
/// </summary>
/// <param name="Name">As in pg_settings.</param>
/// <param name="Since">First major version of this row.</param>
/// <param name="Until">Last major version of this row.</param>
/// <param name="Context">Whether a reload is enough.</param>
/// <param name="Default">The built-in default, in the spelling of postgresql.conf.</param>
/// <param name="Note">Why it matters to us.</param>
public sealed record SettingFact(string Name, int Since, int Until, SettingContext Context, string Default, string Note)
{
    /// <summary>
    /// True where a hot standby must not have less than its primary (reference manual, "Hot Standby: Administrator's Overview").
    /// </summary>
    public bool StandbyMustNotBeLower { get; init; }
}

/// <summary>
/// The settings that Howdah touches, per version. Contexts and defaults were read from pg_settings of live servers 11-18.
/// </summary>
public static class SettingCatalogue
{
    private const int Oldest = PostgresVersion.OldestMajor;
    private const int Newest = PostgresVersion.NewestMajor;
    private const SettingContext Reload = SettingContext.Reload;
    private const SettingContext Restart = SettingContext.Restart;

    public static IReadOnlyList<SettingFact> All { get; } =
    [
        new("listen_addresses", Oldest, Newest, Restart, "localhost", "where standbys and the backup host connect"),
        new("port", Oldest, Newest, Restart, "5432", "one machine may run several nodes"),
        new("unix_socket_directories", Oldest, Newest, Restart, "/tmp", "local administration"),
        new("cluster_name", Oldest, Newest, Restart, "", "shown by ps; a standby's application_name where none is set"),
        new("wal_level", Oldest, Newest, Restart, "replica", "replica or logical, else nothing can follow"),
        new("max_connections", Oldest, Newest, Restart, "100", "travels with WAL") { StandbyMustNotBeLower = true },
        new("max_worker_processes", Oldest, Newest, Restart, "8", "travels with WAL") { StandbyMustNotBeLower = true },
        new(
            "max_wal_senders",
            Oldest,
            Newest,
            Restart,
            "10",
            "one per standby and receiver, two per base backup, spares") { StandbyMustNotBeLower = true },
        new("max_prepared_transactions", Oldest, Newest, Restart, "0", "travels with WAL") { StandbyMustNotBeLower = true },
        new("max_locks_per_transaction", Oldest, Newest, Restart, "64", "travels with WAL") { StandbyMustNotBeLower = true },
        new("max_replication_slots", Oldest, Newest, Restart, "10", "every node has room for all slots, so that any can become primary"),
        new("hot_standby", Oldest, Newest, Restart, "on", "a standby answers queries"),
        new(
            "hot_standby_feedback",
            Oldest,
            Newest,
            Reload,
            "off",
            "on keeps rows for a standby's queries and lets a dead standby bloat the primary"),
        new("wal_log_hints", Oldest, Newest, Restart, "off", "pg_rewind works with this or with checksums"),
        new("archive_mode", Oldest, Newest, Restart, "off", "off: the receiver streams every byte"),
        new("archive_command", Oldest, Newest, Reload, "", "not used where WAL is streamed"),
        new("archive_library", 15, Newest, Reload, "", "excludes archive_command"),
        new("synchronous_standby_names", Oldest, Newest, Reload, "", "who must hold a commit before the client hears of it"),
        new("synchronous_commit", Oldest, Newest, Reload, "on", "what a commit waits for"),
        new("password_encryption", Oldest, 13, Reload, "md5", "must be scram-sha-256"),
        new("password_encryption", 14, Newest, Reload, "scram-sha-256", "must be scram-sha-256"),
        new("wal_keep_segments", Oldest, 12, Reload, "0", "a count of segments"),
        new("wal_keep_size", 13, Newest, Reload, "0", "a size; replaced wal_keep_segments"),
        new("max_slot_wal_keep_size", 13, Newest, Reload, "-1", "disk budget of a slot; acts at checkpoints"),
        new("idle_replication_slot_timeout", 18, Newest, Reload, "0", "must stay 0: a receiver that was down would lose its slot"),
        new("wal_sender_timeout", Oldest, Newest, Reload, "60s", "how long a dead peer holds its slot"),
        new("wal_receiver_timeout", Oldest, Newest, Reload, "60s", "how long a standby waits for a silent primary"),
        new("wal_receiver_status_interval", Oldest, Newest, Reload, "10s", "how often a standby reports"),
        new("wal_retrieve_retry_interval", Oldest, Newest, Reload, "5s", "how fast a standby comes back"),
        new("max_standby_streaming_delay", Oldest, Newest, Reload, "30s", "how long a query may hold up replay"),
        new("primary_conninfo", 12, 12, Restart, "", "whom a standby follows"),
        new("primary_conninfo", 13, Newest, Reload, "", "whom a standby follows"),
        new("primary_slot_name", 12, 12, Restart, "", "through which slot"),
        new("primary_slot_name", 13, Newest, Reload, "", "through which slot"),
        new("restore_command", 12, 13, Restart, "", "where WAL comes from that the primary no longer has"),
        new("restore_command", 14, Newest, Reload, "", "where WAL comes from that the primary no longer has"),
        new("recovery_target_timeline", 12, Newest, Restart, "latest", "up to 11 the default is the backup's timeline"),
        new("recovery_min_apply_delay", 12, Newest, Reload, "0", "a standby that lags on purpose"),
        new("wal_receiver_create_temp_slot", 13, Newest, Reload, "off", "must stay off: such a slot vanishes with its connection"),
        new("summarize_wal", 17, Newest, Reload, "off", "incremental base backup"),
        new("sync_replication_slots", 17, Newest, Reload, "off", "failover of logical slots"),
        new("reserved_connections", 16, Newest, Restart, "0", "a seat for monitoring when the server is full"),
        new("ssl", Oldest, Newest, Reload, "off", "TLS between hosts"),
        new("ssl_min_protocol_version", 12, 12, Reload, "TLSv1", "must be TLSv1.2 or more"),
        new("ssl_min_protocol_version", 13, Newest, Reload, "TLSv1.2", "must be TLSv1.2 or more"),
        new("shared_buffers", Oldest, Newest, Restart, "128MB", "memory for pages"),
        new("max_wal_size", Oldest, Newest, Reload, "1GB", "distance between checkpoints"),
        new("checkpoint_timeout", Oldest, Newest, Reload, "5min", "time between checkpoints"),
        new("logging_collector", Oldest, Newest, Restart, "off", "off: the log is the file that the server was started with"),
        new("log_destination", Oldest, Newest, Reload, "stderr", "where the log goes"),
        new("log_line_prefix", Oldest, Newest, Reload, "%m [%p] ", "what stands before each log line"),
    ];

    /// <summary>What is known about the setting in this version; null where it is unknown to us or does not exist there.</summary>
    public static SettingFact? Find(string name, PostgresVersion version) =>
        All.FirstOrDefault(fact => fact.Since <= version.Major && version.Major <= fact.Until
            && string.Equals(fact.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>True where the version has the setting, or where we know nothing of that name in any version.</summary>
    public static bool Exists(string name, PostgresVersion version) =>
        Find(name, version) is not null || !All.Any(fact => string.Equals(fact.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The settings of this version that a hot standby must not have lower than its primary.</summary>
    public static IEnumerable<SettingFact> StandbyMinimums(PostgresVersion version) =>
        All.Where(fact => fact.StandbyMustNotBeLower && fact.Since <= version.Major && version.Major <= fact.Until);
}
