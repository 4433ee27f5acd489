using Howdah.Barman.Facts;
using Howdah.Core.Wal;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Barman.Observation;

/// <summary>What the primary says about itself, the receiver's slot and who uses it.</summary>
/// <param name="Postgres">The server.</param>
/// <param name="Slot">The receiver's slot.</param>
/// <param name="ReceiverState">State of the slot's user in <c>pg_stat_replication</c>; null where nobody uses it.</param>
/// <param name="ReceiverFlushed">How far that user says that WAL is on its disk; null where it has not said.</param>
internal sealed record PrimaryFacts(PostgresFacts Postgres, SlotFacts Slot, string? ReceiverState, Lsn? ReceiverFlushed);

/// <summary>Reads the answers to <see cref="PostgresQueries"/>.</summary>
internal static class PostgresReader
{
    public static async Task<PrimaryFacts> ReadAsync(
        SqlDatabase database, PostgresVersion version, string slot, bool withSize, CancellationToken cancellationToken)
    {
        if (!version.IsSupported)
            return new PrimaryFacts(new PostgresFacts(version), new SlotFacts(), null, null);
        var row = await database.QueryRowAsync(PostgresQueries.Server(version, slot), [], cancellationToken);
        var size = withSize ? (await database.QueryRowAsync(PostgresQueries.Size, [], cancellationToken)).Integer("size") : null;
        var postgres = new PostgresFacts(version)
        {
            WalLevel = row.Text("wal_level") ?? "",
            CurrentSegment = row.Text("segment"),
            DataDirectory = row.Text("data_directory"),
            SystemIdentifier = SystemIdentifier.Parse(row.Text("system_identifier")),
            HasBackupPrivileges = row.Boolean("may_back_up") == true,
            CurrentSize = size,
        };
        return new PrimaryFacts(postgres, ReadSlot(row), row.Text("state"), row.Lsn("flush_lsn"));
    }

    public static async Task<ReplicationFacts> ReadClientsAsync(
        SqlDatabase database, ClientReading reading, CancellationToken cancellationToken)
    {
        var position = await database.QueryRowAsync(PostgresQueries.Position, [], cancellationToken);
        var rows = await database.QueryAsync(PostgresQueries.Clients, [], cancellationToken);
        return new ReplicationFacts(position.Lsn("position"), [.. rows.Select(row => ReadClient(row, reading))]);
    }

    private static SlotFacts ReadSlot(SqlRow row) => new()
    {
        Exists = row.Text("slot_name") is not null,
        IsActive = row.Boolean("active") == true,
        HasRestartLsn = row.Lsn("restart_lsn") is not null,
        Invalidation = row.Text("invalidation_reason")
            ?? (row.Text("wal_status") == "lost" ? "the WAL it needs is gone (wal_status lost)" : null),
    };

    private static ReplicationClient ReadClient(SqlRow row, ClientReading reading) => new()
    {
        ApplicationName = row.Text("application_name") ?? "",
        UserName = row.Text("usename") ?? "",
        Address = row.Text("address"),
        Port = (int?)row.Integer("client_port"),
        HostName = row.Text("client_hostname"),
        State = row.Text("state") ?? "",
        SyncState = row.Text("sync_state") is { Length: > 0 } state ? state : "async",
        SyncPriority = (int)(row.Integer("sync_priority") ?? 0),
        SlotName = row.Text("slot_name"),
        ProcessId = (int)(row.Integer("pid") ?? 0),
        StartedAt = TimeZoneInfo.ConvertTime(row.Time("backend_start") ?? default, reading.Zone),
        Xmin = row.Text("backend_xmin"),
        Sent = row.Lsn("sent_lsn"),
        Written = row.Lsn("write_lsn"),
        Flushed = row.Lsn("flush_lsn"),
        // Our receiver answers for "applied" too, so that remote_apply commits do not wait for it for ever; it is no standby for that.
        Replayed = row.Text("slot_name") == reading.ReceiverSlot ? null : row.Lsn("replay_lsn"),
    };
}

/// <summary>How rows of <c>pg_stat_replication</c> are read.</summary>
/// <param name="ReceiverSlot">The slot whose user is the receiver.</param>
/// <param name="Zone">The zone that times are shown in.</param>
internal readonly record struct ClientReading(string ReceiverSlot, TimeZoneInfo Zone);
