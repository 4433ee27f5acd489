using System.Globalization;
using Howdah.Core.Wal;
using Howdah.Postgres.Sql;

namespace Howdah.Barman.Observation;

/// <summary>Where the primary writes now.</summary>
/// <param name="System">The primary's system.</param>
/// <param name="Lsn">Its position.</param>
/// <param name="Segment">The segment that it writes.</param>
internal sealed record WalPosition(SystemIdentifier System, Lsn Lsn, WalSegment Segment)
{
    private const string Query = """
        select (select system_identifier from pg_control_system()) as system,
               pg_current_wal_insert_lsn() as position,
               substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) as timeline,
               pg_size_bytes(current_setting('wal_segment_size')) as segment_size
        """;

    public static async Task<WalPosition> ReadAsync(SqlDatabase database, CancellationToken cancellationToken)
    {
        var row = await database.QueryRowAsync(Query, [], cancellationToken);
        var timeline = new TimelineId(uint.Parse(row.Text("timeline")!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        var size = new WalSegmentSize((int)row.Integer("segment_size")!.Value);
        var position = row.Lsn("position")!.Value;
        return new WalPosition(SystemIdentifier.Parse(row.Text("system")), position, WalSegment.Containing(timeline, position, size));
    }
}
