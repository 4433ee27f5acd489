using System.Globalization;
using Howdah.Barman.Commands;
using Howdah.Core.Wal;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;

namespace Howdah.Barman.Observation;

/// <summary>Closes the current segment of the primary.</summary>
internal static class WalSwitch
{
    // A segment begins with a long page header (PostgreSQL 11-18, SizeOfXLogLongPHD); a position there means "nothing written yet".
    private const int LongPageHeaderBytes = 40;

    /// <summary>
    /// Where it is to be forced, something is written first: a checkpoint where the role may make one, else a restore point, which writes
    /// a record of a few bytes. Before 15 only superusers may make a checkpoint, and no superuser is needed for this.
    /// </summary>
    public static async Task<SwitchOutcome> RunAsync(
        SqlDatabase database, PostgresVersion version, bool force, CancellationToken cancellationToken)
    {
        var may = await database.QueryRowAsync(PostgresQueries.SwitchPrivileges(version), [], cancellationToken);
        if (may.Boolean("may_switch") != true)
            return new SwitchOutcome(SwitchVerdict.NoPrivilege, null, may.Text("role") ?? "");
        var detail = "";
        if (force && may.Boolean("may_checkpoint") == true)
        {
            await database.ExecuteAsync(PostgresQueries.Checkpoint, [], cancellationToken);
            detail = "a checkpoint was made before the switch";
        }
        else if (force && may.Boolean("may_make_restore_point") == true)
        {
            await database.QueryRowAsync(PostgresQueries.RestorePoint, [], cancellationToken);
            detail = "the role may not make a checkpoint; a restore point was written before the switch";
        }
        else if (force)
        {
            return new SwitchOutcome(SwitchVerdict.NoForcePrivilege, null, "");
        }

        var row = await database.QueryRowAsync(PostgresQueries.Switch, [], cancellationToken);
        var timeline = new TimelineId(uint.Parse(row.Text("timeline")!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        var size = new WalSegmentSize((int)row.Integer("segment_size")!.Value);
        return Judge(row.Lsn("before")!.Value, row.Lsn("answer")!.Value, timeline, size) is { } closed
            ? new SwitchOutcome(SwitchVerdict.Closed, closed, detail)
            : new SwitchOutcome(SwitchVerdict.NotRequired, null, detail);
    }

    /// <summary>
    /// pg_switch_wal answers the end of the segment-closing record, or, where the segment is empty, its first byte. The end may lie on a
    /// boundary too; then the position before the switch tells the two apart.
    /// Null where nothing was closed.
    /// </summary>
    internal static WalSegment? Judge(Lsn before, Lsn answer, TimelineId timeline, WalSegmentSize size) =>
        size.Offset(answer) == 0 && size.Offset(before) <= LongPageHeaderBytes
            ? null
            : WalSegment.Containing(timeline, new Lsn(answer.Value - 1), size);
}
