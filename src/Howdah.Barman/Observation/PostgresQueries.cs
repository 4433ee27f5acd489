using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Barman.Observation;

/// <summary>The statements that are sent to the primary, by version. </summary>
internal static class PostgresQueries
{
    private static readonly string[] MonitoringRoles = ["pg_read_all_settings", "pg_read_all_stats"];

    /// <summary>One row; read by <see cref="PostgresReader"/>.</summary>
    /// <remarks>
    /// The insert position lies behind a page header, never on a boundary, where pg_walfile_name means another segment up to 16.
    /// </remarks>
    public static string Server(PostgresVersion version, string slot) => $"""
        select current_setting('wal_level') as wal_level,
               pg_walfile_name(pg_current_wal_insert_lsn()) as segment,
               (select setting from pg_settings where name = 'data_directory') as data_directory,
               (select system_identifier from pg_control_system()) as system_identifier,
               {BackupPrivileges(version)} as may_back_up,
               slot.slot_name, slot.active, slot.restart_lsn,
               {(version.Facts.HasSlotWalBudget ? "slot.wal_status" : "null")} as wal_status,
               {(version.Facts.HasSlotInvalidationReason ? "slot.invalidation_reason" : "null")} as invalidation_reason,
               client.state, client.flush_lsn
        from (select 1) one
        left join pg_replication_slots slot on slot.slot_name = {SqlText.Literal(slot)} and slot.slot_type = 'physical'
        left join pg_stat_replication client on client.pid = slot.active_pid
        """;

    /// <summary>Bytes in all tablespaces; NULL where the role may not know.</summary>
    public const string Size = """
        select case when pg_has_role(current_user, 'pg_read_all_stats', 'usage')
                    then (select sum(pg_tablespace_size(oid))::bigint from pg_tablespace) end as size
        """;

    /// <summary>The server's position, which is NULL on a standby.</summary>
    public const string Position = "select case when pg_is_in_recovery() then null else pg_current_wal_lsn() end as position";

    /// <summary>Clients in Barman's order: by synchronous state, then by priority.</summary>
    public const string Clients = """
        select client.application_name, client.usename, host(client.client_addr) as address, client.client_port, client.client_hostname,
               client.state, client.sync_state, client.sync_priority, slot.slot_name, client.pid, client.backend_start,
               client.backend_xmin, client.sent_lsn, client.write_lsn, client.flush_lsn, client.replay_lsn
        from pg_stat_replication client
        left join pg_replication_slots slot on slot.active_pid = client.pid
        order by client.sync_state desc, client.sync_priority, client.backend_start
        """;

    /// <summary>Which ways to force a switch the role has: a checkpoint, a restore point; and whether it may switch.</summary>
    public static string SwitchPrivileges(PostgresVersion version) => $"""
        select ((select rolsuper from pg_roles where rolname = current_user)
                {(version.Facts.HasCheckpointRole ? "or pg_has_role(current_user, 'pg_checkpoint', 'usage')" : "")}) as may_checkpoint,
               has_function_privilege('pg_create_restore_point(text)', 'execute') as may_make_restore_point,
               has_function_privilege('pg_switch_wal()', 'execute') as may_switch,
               current_user as role
        """;

    /// <summary>
    /// The position before the switch, what the switch answered, the timeline and the segment size. The functions run in this order: a
    /// target list is evaluated from left to right.
    /// </summary>
    public const string Switch = """
        select pg_current_wal_insert_lsn() as before, pg_switch_wal() as answer,
               substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline,
               pg_size_bytes(current_setting('wal_segment_size')) as segment_size
        """;

    public const string Checkpoint = "checkpoint";

    /// <summary>Writes one record of a few bytes, which is enough to have something to switch.</summary>
    public const string RestorePoint = "select pg_create_restore_point('howdah switch-wal') as made";

    /// <summary>Superuser, or all that Barman asks for: backup functions, switch, restore point, settings and statistics.</summary>
    private static string BackupPrivileges(PostgresVersion version)
    {
        var (start, stop) = version.Facts.HasBackupStartFunction
            ? ("pg_backup_start(text, bool)", "pg_backup_stop(bool)")
            : ("pg_start_backup(text, bool, bool)", "pg_stop_backup(bool, bool)");
        string[] functions = [start, stop, "pg_switch_wal()", "pg_create_restore_point(text)"];
        var granted = functions.Select(function => $"has_function_privilege('{function}', 'execute')")
            .Concat(MonitoringRoles.Select(role => $"pg_has_role(current_user, '{role}', 'usage')"));
        return $"((select rolsuper from pg_roles where rolname = current_user) or ({string.Join(" and ", granted)}))";
    }
}
