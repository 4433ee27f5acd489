using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Cluster.Observation;

/// <summary>Asks a node about itself, as its superuser through its socket; the same text of SQL for 11 to 18.</summary>
internal sealed class NodeQueries(SqlDatabase database)
{
    private const string Identity = """
        select pg_is_in_recovery() as in_recovery,
               current_setting('server_version_num')::int as version,
               (select system_identifier::text from pg_control_system()) as system,
               case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end as position,
               case when pg_is_in_recovery() then (select timeline_id from pg_control_checkpoint())::text
                    else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint::text end as timeline,
               pg_last_wal_receive_lsn() as received,
               pg_last_xact_replay_timestamp() as replayed_at,
               case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as replay_paused,
               pg_conf_load_time() as loaded_at,
               pg_postmaster_start_time() as started_at
        """;

    /// <summary>
    /// One look at pg_settings: it is the most costly of these queries. What it says of synchronous_commit is this session's own, so that
    /// one is looked up in the files.
    /// </summary>
    private static readonly string Settings = $"""
        select name, pending_restart, setting || coalesce(unit, '') as value,
               case when source = 'command line' then 'the command line of its start'
                    else regexp_replace(sourcefile, '^.*/', '') || ' line ' || sourceline end as place,
               name in ({string.Join(", ", OwnedSettings.Names.Select(SqlText.Literal))})
                   and (source = 'command line'
                        or (source = 'configuration file' and sourcefile not like '%/{NodeRendering.SettingsFileName}')) as overridden
        from pg_settings where pending_restart or source in ('command line', 'configuration file')
        union all
        select name, false, setting, regexp_replace(sourcefile, '^.*/', '') || ' line ' || sourceline, true
        from pg_file_settings
        where name = '{SynchronousPromise.CommitSetting}' and applied and sourcefile not like '%/{NodeRendering.SettingsFileName}'
        order by name
        """;

    private const string Roles = """
        select r.rolname, r.rolcanlogin and r.rolreplication and not r.rolsuper as may_replicate, r.rolpassword,
               shobj_description(r.oid, 'pg_authid') as description
        from pg_authid r where r.rolname in ($1, $2)
        """;

    /// <summary>Without pg_default and pg_global, which have no place of their own, and those of allow_in_place_tablespaces.</summary>
    private const string Tablespaces = """
        select oid::bigint as oid, spcname, pg_tablespace_location(oid) as location
        from pg_tablespace where pg_tablespace_location(oid) like '/%' order by oid
        """;

    /// <param name="users">The roles to look for.</param>
    /// <param name="passwordOf">The password that we keep for a role; null where we keep none.</param>
    /// <param name="filesWrittenAt">When the node's configuration files were last written.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<NodeAnswers> AskAsync(
        UsersModel users, Func<string, Secret?> passwordOf, FileTimes filesWrittenAt, CancellationToken cancellationToken)
    {
        var identity = await database.QueryRowAsync(Identity, [], cancellationToken);
        var slots = await database.ReadViewAsync("pg_replication_slots", cancellationToken);
        var followers = await database.ReadViewAsync("pg_stat_replication", cancellationToken);
        var receivers = await database.ReadViewAsync("pg_stat_wal_receiver", cancellationToken);
        var roles = await database.QueryAsync(Roles, [users.Replication, users.Backup], cancellationToken);
        var tablespaces = await database.QueryAsync(Tablespaces, [], cancellationToken);
        var settings = await database.QueryAsync(Settings, [], cancellationToken);
        var inRecovery = Required(identity.Boolean("in_recovery"), "in_recovery");
        // One that was promoted still has those of a standby, and needs no restart for them: it has just become the only one.
        List<string> pending = [.. settings
            .Where(row => row.Boolean("pending_restart") == true && (inRecovery || !RecoverySettings.Contains(row.Text("name")!)))
            .Select(row => row.Text("name")!)];
        if (filesWrittenAt.RecoveryFile is { } recovery && identity.Time("started_at") is { } started && recovery > started)
            pending.Add("recovery.conf");
        var version = new PostgresVersion((int)Required(identity.Integer("version"), "version"));
        var (limits, next) = await StandbyLimits.AskAsync(database, version, cancellationToken);
        var receiver = receivers.FirstOrDefault(row => row.Integer("pid") is not null);
        return new NodeAnswers
        {
            Version = version,
            InRecovery = inRecovery,
            System = SystemIdentifier.Parse(identity.Text("system")),
            Timeline = receiver?.Integer("received_tli") is { } received ? new TimelineId((uint)received)
                : identity.Integer("timeline") is { } timeline ? new TimelineId((uint)timeline) : null,
            Position = identity.Lsn("position"),
            Received = identity.Lsn("received"),
            ReplayedCommitAt = identity.Time("replayed_at"),
            IsReplayPaused = identity.Boolean("replay_paused") ?? false,
            NeedsReload = identity.Time("loaded_at") is { } loaded && filesWrittenAt.Configuration > loaded,
            PendingRestart = [.. pending.Union(next.Keys, StringComparer.Ordinal)],
            Overridden = [.. settings.Where(row => row.Boolean("overridden") == true).Select(Setting)],
            Limits = limits,
            NextLimits = next,
            Slots = [.. slots.Select(Slot)],
            Followers = [.. followers.Where(row => row.Text("application_name") is not null).Select(Follower)],
            WalReceiver = receiver?.Text("status"),
            ReceiverSlot = receiver?.Text("slot_name"),
            Tablespaces = [.. tablespaces.Select(Tablespace)],
            Roles = [.. roles.Select(row => Role(row, passwordOf))],
        };
    }

    private static ObservedSlot Slot(SqlRow row) => new(row.Text("slot_name")!, row.Boolean("active") ?? false, row.Lsn("restart_lsn"))
    {
        WalStatus = row.Text("wal_status"),
        SafeWalBytes = row.Integer("safe_wal_size"),
        IsTemporary = row.Boolean("temporary") ?? false,
        IsPhysical = row.Text("slot_type") is "physical",
    };

    private static ObservedFollower Follower(SqlRow row) => new(row.Text("application_name")!, row.Text("state") ?? "unknown")
    {
        User = row.Text("usename"),
        Address = row.Text("client_addr"),
        SyncState = row.Text("sync_state"),
        Sent = row.Lsn("sent_lsn"),
        Flushed = row.Lsn("flush_lsn"),
        Replayed = row.Lsn("replay_lsn"),
        Since = row.Time("backend_start"),
    };

    private static OverriddenSetting Setting(SqlRow row) =>
        new(row.Text("name")!, row.Text("value") ?? "", row.Text("place") ?? "a place unknown");

    private static ObservedTablespace Tablespace(SqlRow row) =>
        new((uint)Required(row.Integer("oid"), "oid"), row.Text("spcname")!, row.Text("location")!);

    private static ObservedRole Role(SqlRow row, Func<string, Secret?> passwordOf)
    {
        var name = row.Text("rolname")!;
        var matches = row.Text("rolpassword") is { } verifier
            && passwordOf(name) is { } password
            && ScramVerifier.Matches(verifier, password);
        return new ObservedRole(name, row.Boolean("may_replicate") ?? false, matches, RoleFingerprint.Read(row.Text("description")));
    }

    private static T Required<T>(T? value, string column)
        where T : struct => value ?? throw new OperationException(ErrorCodes.ServerError, $"the server answered no {column}");
}

/// <summary>When a node's files were last written; null where it has no recovery.conf.</summary>
internal readonly record struct FileTimes(DateTimeOffset Configuration, DateTimeOffset? RecoveryFile);
