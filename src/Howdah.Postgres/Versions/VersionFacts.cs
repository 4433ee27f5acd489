namespace Howdah.Postgres.Versions;

/// <summary>
/// What a major version can do: the one table of version differences. Code asks for a fact by name and never compares numbers.
/// </summary>
/// <param name="Major">The major version, 11 and up.</param>
public sealed record VersionFacts(int Major)
{
    /// <summary>
    /// Recovery is configured in <c>recovery.conf</c>; later versions use signal files and settings, and refuse to start on that
    /// file.
    /// </summary>
    public bool HasRecoveryConf => Major <= 11;

    /// <summary>libpq knows <c>tcp_user_timeout</c>; older ones refuse a connection string that has it.</summary>
    public bool HasTcpUserTimeout => Major >= 12;

    /// <summary><c>ssl_min_protocol_version</c> exists.</summary>
    public bool HasMinimumTlsVersion => Major >= 12;

    /// <summary>The server refuses TLS below 1.2 unless told otherwise.</summary>
    public bool DefaultsToTls12 => Major >= 13;

    /// <summary>libpq knows <c>channel_binding</c>.</summary>
    public bool HasChannelBinding => Major >= 13;

    /// <summary>libpq knows <c>require_auth</c>.</summary>
    public bool HasRequireAuth => Major >= 16;

    /// <summary><c>BASE_BACKUP</c> can make a backup manifest.</summary>
    public bool HasBackupManifest => Major >= 13;

    /// <summary>
    /// <c>max_slot_wal_keep_size</c> bounds what a slot may retain, and <c>pg_replication_slots</c> has <c>wal_status</c>.
    /// </summary>
    public bool HasSlotWalBudget => Major >= 13;

    /// <summary>libpq knows all values of <c>target_session_attrs</c>; before, only <c>any</c> and <c>read-write</c>.</summary>
    public bool HasAllTargetSessionAttributes => Major >= 14;

    /// <summary>The server reports <c>in_hot_standby</c> as a parameter.</summary>
    public bool ReportsHotStandby => Major >= 14;

    /// <summary><c>idle_session_timeout</c> exists, and would end an idle replication session.</summary>
    public bool HasIdleSessionTimeout => Major >= 14;

    /// <summary>A backslash at the end of a pg_hba.conf line continues it on the next.</summary>
    public bool HasHbaContinuation => Major >= 14;

    /// <summary>pg_hba.conf may include other files.</summary>
    public bool HasHbaInclude => Major >= 16;

    /// <summary>Replication commands take options in parentheses; BASE_BACKUP accepts no other form and sends one typed stream.</summary>
    public bool HasParenthesizedOptions => Major >= 15;

    /// <summary><c>READ_REPLICATION_SLOT</c> exists.</summary>
    public bool HasReadReplicationSlot => Major >= 15;

    /// <summary>The role <c>pg_checkpoint</c> allows CHECKPOINT; before, only superusers may.</summary>
    public bool HasCheckpointRole => Major >= 15;

    /// <summary>
    /// Low-level backup is <c>pg_backup_start</c>/<c>pg_backup_stop</c>; before, <c>pg_start_backup</c>/<c>pg_stop_backup</c>.
    /// </summary>
    public bool HasBackupStartFunction => Major >= 15;

    /// <summary><c>ALTER_REPLICATION_SLOT</c>, <c>UPLOAD_MANIFEST</c> and BASE_BACKUP INCREMENTAL exist.</summary>
    public bool HasIncrementalBackup => Major >= 17;

    /// <summary><c>pg_replication_slots</c> has <c>inactive_since</c> and <c>invalidation_reason</c>.</summary>
    public bool HasSlotInvalidationReason => Major >= 17;

    /// <summary>START_REPLICATION refuses a slot that was invalidated; 13-17 let it come back to life past a hole.</summary>
    public bool RefusesInvalidatedSlot => Major >= 18;

    /// <summary><c>idle_replication_slot_timeout</c> exists.</summary>
    public bool HasIdleSlotTimeout => Major >= 18;

    public static VersionFacts Of(int major) => new(major);
}
