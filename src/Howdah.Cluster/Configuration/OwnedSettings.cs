using System.Collections.Frozen;

namespace Howdah.Cluster.Configuration;

/// <summary>The settings of postgresql.conf that a user may not set in <c>[settings]</c>, each with why.</summary>
internal static class OwnedSettings
{
    private const string FromNodes = "it follows from [[nodes]]";
    private const string Protection = "protection depends on it";
    private const string Recovery = "Howdah writes it when it builds a standby or restores";
    private const string Replaced = "WAL reaches the repository through the backup host's slot";

    private const string Archiving = "the server goes on archiving as it does; the repository has its WAL from the slot";

    private static readonly FrozenDictionary<string, string> Reasons = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["listen_addresses"] = FromNodes,
        ["port"] = FromNodes,
        ["data_directory"] = FromNodes,
        ["hba_file"] = "Howdah renders pg_hba.conf; put lines in [hba]",
        ["ident_file"] = "Howdah's own lines need the user map of the data directory",
        ["config_file"] = "Howdah includes its settings in the one of the data directory",
        ["external_pid_file"] = "Howdah finds the server through postmaster.pid",
        ["unix_socket_directories"] = "Howdah reaches the server there as its superuser",
        ["unix_socket_permissions"] = "Howdah reaches the server there as its superuser",
        ["cluster_name"] = "it is made from the cluster's and the node's name",
        ["wal_level"] = Protection,
        ["fsync"] = Protection,
        ["full_page_writes"] = Protection,
        ["hot_standby"] = Protection,
        ["max_slot_wal_keep_size"] = "it is derived from the disk; set slot_wal_budget in [cluster]",
        ["idle_replication_slot_timeout"] = "it would invalidate the slot of a standby that is only down for a while",
        ["synchronous_standby_names"] = "it follows from synchronous in [cluster]",
        ["password_encryption"] = "Howdah's roles use SCRAM-SHA-256 only",
        ["primary_conninfo"] = Recovery,
        ["primary_slot_name"] = Recovery,
        ["standby_mode"] = Recovery,
        ["trigger_file"] = Recovery,
        ["promote_trigger_file"] = Recovery,
        ["restore_command"] = Recovery,
        ["recovery_end_command"] = Recovery,
        ["archive_cleanup_command"] = Recovery,
        ["recovery_target"] = Recovery,
        ["recovery_target_action"] = Recovery,
        ["recovery_target_inclusive"] = Recovery,
        ["recovery_target_lsn"] = Recovery,
        ["recovery_target_name"] = Recovery,
        ["recovery_target_time"] = Recovery,
        ["recovery_target_timeline"] = Recovery,
        ["recovery_target_xid"] = Recovery,
        ["archive_mode"] = Replaced,
        ["archive_command"] = Replaced,
        ["archive_library"] = Replaced,
        ["logging_collector"] = "Howdah takes the server's log from its standard error",
        ["include"] = "it could override what Howdah owns",
        ["include_dir"] = "it could override what Howdah owns",
        ["include_if_exists"] = "it could override what Howdah owns",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Settings that exist only in some versions: first and last major.</summary>
    private static readonly FrozenDictionary<string, (int First, int Last, string? Instead)> Lives = new Dictionary<
        string,
        (int, int, string?)
    >(StringComparer.OrdinalIgnoreCase)
    {
        ["wal_keep_segments"] = (0, 12, "use wal_keep_size"),
        ["wal_keep_size"] = (13, int.MaxValue, "use wal_keep_segments"),
        ["vacuum_defer_cleanup_age"] = (0, 15, null),
        ["recovery_init_sync_method"] = (14, int.MaxValue, null),
        ["recovery_prefetch"] = (15, int.MaxValue, null),
        ["wal_decode_buffer_size"] = (15, int.MaxValue, null),
        ["reserved_connections"] = (16, int.MaxValue, null),
        ["summarize_wal"] = (17, int.MaxValue, null),
        ["wal_summary_keep_time"] = (17, int.MaxValue, null),
        ["sync_replication_slots"] = (17, int.MaxValue, null),
        ["synchronized_standby_slots"] = (17, int.MaxValue, null),
        ["allow_alter_system"] = (17, int.MaxValue, null),
        ["transaction_timeout"] = (17, int.MaxValue, null),
        ["max_active_replication_origins"] = (18, int.MaxValue, null),
        ["stats_temp_directory"] = (0, 14, null),
        ["old_snapshot_threshold"] = (0, 16, null),
        ["trace_recovery_messages"] = (0, 16, null),
        ["ssl_min_protocol_version"] = (12, int.MaxValue, null),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Those of Howdah's own that it never sets, and that do no harm in the files of a server that somebody else set up: each with what
    /// they mean there.
    /// </summary>
    private static readonly FrozenDictionary<string, string> Beside = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["archive_mode"] = Archiving,
        ["archive_command"] = Archiving,
        ["archive_library"] = Archiving,
        ["logging_collector"] = "the server goes on writing its log where it does",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Why it may stay in a server's own files; null where it may not, or is not Howdah's.</summary>
    public static string? WhyBeside(string name) => Beside.GetValueOrDefault(name);

    /// <summary>The value as it may be shown: a connection string can hold a password.</summary>
    public static string Shown(string name, string value) =>
        name.Equals("primary_conninfo", StringComparison.OrdinalIgnoreCase) && value.Length > 0 ? "(a connection string)" : value;

    /// <summary>Why it is Howdah's; null where it is not.</summary>
    public static string? WhyOwned(string name) => Reasons.GetValueOrDefault(name);

    /// <summary>Those that are Howdah's own, in every version.</summary>
    public static IReadOnlyCollection<string> Names => Reasons.Keys;

    /// <summary>What is wrong with setting this, or null.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="value">Its value as the user wrote it.</param>
    /// <param name="major">The major version; 0 where the file does not say it rightly.</param>
    /// <param name="nodeCount">How many nodes the cluster has.</param>
    public static (string Message, string? Suggestion)? Check(string name, string value, int major, int nodeCount)
    {
        if (Reasons.TryGetValue(name, out var reason))
            return ($"{name} is Howdah's own setting", reason);
        if (!IsSettingName(name))
            return ($"'{name}' cannot be the name of a setting", "letters, digits and '_', with one '.' for settings of extensions");
        if (value.AsSpan().ContainsAny('\n', '\r', '\0'))
            return ($"{name}: a value is one line", null);
        var floor = SmallestValue(name, nodeCount);
        if (int.TryParse(value, out var number) && number < floor)
            return ($"{name} is {number}, but replication and backup need at least {floor} here", null);
        if (major != 0 && Lives.TryGetValue(name, out var life) && (major < life.First || major > life.Last))
            return (
                $"PostgreSQL {major} has no setting {name}",
                life.Instead ?? (major < life.First ? $"it exists from {life.First} on" : $"it ended with {life.Last}")
            );
        return null;
    }

    /// <summary>One sender and slot per standby and for the receiver, two senders for a base backup and a clone.</summary>
    private static int SmallestValue(string name, int nodeCount) =>
        name.ToLowerInvariant() switch
        {
            "max_wal_senders" or "max_replication_slots" => nodeCount + 3,
            "max_connections" => 10,
            _ => int.MinValue,
        };

    private static bool IsSettingName(string name) =>
        name.Length > 0
        && name.Split('.') is { Length: 1 or 2 } parts
        && parts.All(part => part.Length > 0 && !char.IsAsciiDigit(part[0]) && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'));
}
