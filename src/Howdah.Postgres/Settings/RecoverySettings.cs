using System.Collections.Frozen;

namespace Howdah.Postgres.Settings;

/// <summary>
/// Settings that a server goes by only while it is in recovery, and reads at its start in some versions (12-18, manual "Archive Recovery",
/// "Recovery Target" and "Standby Servers" of "Server Configuration").
/// </summary>
public static class RecoverySettings
{
    private static readonly FrozenSet<string> Names = new[]
    {
        "restore_command", "archive_cleanup_command", "recovery_end_command",
        "recovery_target", "recovery_target_action", "recovery_target_inclusive", "recovery_target_lsn", "recovery_target_name",
        "recovery_target_time", "recovery_target_timeline", "recovery_target_xid",
        "hot_standby", "primary_conninfo", "primary_slot_name", "promote_trigger_file",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>A server that is not in recovery loses nothing where its value is another than that of its files.</summary>
    public static bool Contains(string name) => Names.Contains(name);
}
