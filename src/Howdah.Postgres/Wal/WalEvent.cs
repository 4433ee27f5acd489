using System.Buffers.Binary;
using System.Text;
using Howdah.Core.Wal;

namespace Howdah.Postgres.Wal;

/// <summary>A record that means something to someone who plans a restore.</summary>
/// <param name="Start">First byte of the record.</param>
/// <param name="End">The position after it: a target LSN that includes it.</param>
public abstract record WalEvent(Lsn Start, Lsn End)
{
    /// <summary>Says what the record is; null for all that only changes data.</summary>
    /// <remarks>PostgreSQL 11-18: src/include/catalog/pg_control.h (XLOG_*), src/include/access/xact.h (XLOG_XACT_*),
    /// src/include/commands/tablespace.h (XLOG_TBLSPC_*).</remarks>
    public static WalEvent? Decode(in WalRecord record) => record.Header.ResourceManager switch
    {
        0 => DecodeControl(record),
        1 => DecodeTransaction(record),
        5 => DecodeTablespace(record),
        _ => null,
    };

    private static WalEvent? DecodeControl(in WalRecord record)
    {
        var data = WalRecordBody.MainData(record.BodyPrefix);
        switch (record.Header.Info & 0xF0)
        {
            case 0x00 or 0x10 when data.Length >= 12:
                var redo = new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(data));
                var timeline = new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(data[8..]));
                return new WalCheckpoint(record.Start, record.End, redo, timeline, IsShutdown: (record.Header.Info & 0xF0) == 0);
            case 0x40:
                return new WalSwitch(record.Start, record.End);
            case 0x50 when data.Length >= 8:
                return new WalBackupEnd(record.Start, record.End, new Lsn(BinaryPrimitives.ReadUInt64LittleEndian(data)));
            case 0x70 when data.Length >= 9:
                return new WalRestorePoint(record.Start, record.End, ReadName(data[8..]), ReadTime(data));
            case 0x90 when data.Length >= 16:
                var started = new TimelineId(BinaryPrimitives.ReadUInt32LittleEndian(data[8..]));
                return new WalEndOfRecovery(record.Start, record.End, started, ReadTime(data));
            default:
                return null;
        }
    }

    private static WalTransactionEnd? DecodeTransaction(in WalRecord record)
    {
        const int kindMask = 0x70;
        WalTransactionOutcome? outcome = (record.Header.Info & kindMask) switch
        {
            0x00 or 0x30 => WalTransactionOutcome.Committed,
            0x20 or 0x40 => WalTransactionOutcome.Aborted,
            _ => null,
        };
        var data = WalRecordBody.MainData(record.BodyPrefix);
        if (outcome is not { } known || data.Length < sizeof(long))
            return null;
        return new WalTransactionEnd(record.Start, record.End, record.Header.TransactionId, known, ReadTime(data));
    }

    private static WalTablespaceCreation? DecodeTablespace(in WalRecord record)
    {
        const int create = 0x00;
        var data = WalRecordBody.MainData(record.BodyPrefix);
        if ((record.Header.Info & 0xF0) != create || data.Length <= sizeof(uint))
            return null;
        var oid = BinaryPrimitives.ReadUInt32LittleEndian(data);
        return new WalTablespaceCreation(record.Start, record.End, oid, ReadName(data[sizeof(uint)..]));
    }

    private static string ReadName(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    private static DateTimeOffset? ReadTime(ReadOnlySpan<byte> data) =>
        PostgresTime.FromMicroseconds(BinaryPrimitives.ReadInt64LittleEndian(data));
}

public enum WalTransactionOutcome
{
    Committed,
    Aborted,
}

/// <summary>A transaction ended; recovery targets by time and xid stop at such records. Time is null where the record's is out of
/// range.</summary>
public sealed record WalTransactionEnd(Lsn Start, Lsn End, uint TransactionId, WalTransactionOutcome Outcome, DateTimeOffset? Time)
    : WalEvent(Start, End);

/// <summary><c>pg_create_restore_point</c>.</summary>
public sealed record WalRestorePoint(Lsn Start, Lsn End, string Name, DateTimeOffset? Time) : WalEvent(Start, End);

public sealed record WalCheckpoint(Lsn Start, Lsn End, Lsn Redo, TimelineId Timeline, bool IsShutdown) : WalEvent(Start, End);

/// <summary>The segment was ended early; <see cref="WalEvent.End"/> is the next segment's start.</summary>
public sealed record WalSwitch(Lsn Start, Lsn End) : WalEvent(Start, End);

/// <summary>The base backup that began at <paramref name="BackupStart"/> is consistent from here on.</summary>
public sealed record WalBackupEnd(Lsn Start, Lsn End, Lsn BackupStart) : WalEvent(Start, End);

/// <summary>A promoted server began <paramref name="Timeline"/>.</summary>
public sealed record WalEndOfRecovery(Lsn Start, Lsn End, TimelineId Timeline, DateTimeOffset? Time) : WalEvent(Start, End);

/// <summary><c>CREATE TABLESPACE</c>. Who replays it makes the link of <paramref name="Oid"/> lead to <paramref name="Location"/>, where
/// the original's files may be.</summary>
/// <param name="Start">First byte of the record.</param>
/// <param name="End">The position after it.</param>
/// <param name="Oid">The tablespace.</param>
/// <param name="Location">Absolute path; empty where the tablespace lies within the data directory (allow_in_place_tablespaces).</param>
public sealed record WalTablespaceCreation(Lsn Start, Lsn End, uint Oid, string Location) : WalEvent(Start, End);
