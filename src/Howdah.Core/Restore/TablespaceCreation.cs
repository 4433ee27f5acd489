using System.Globalization;
using Howdah.Core.Wal;

namespace Howdah.Core.Restore;

/// <summary>
/// A <c>CREATE TABLESPACE</c> in the WAL. A server that replays it puts the tablespace where the original has it, whatever a restore
/// was told about places: the link in pg_tblspc is made anew, and up to PostgreSQL 14 what is there is removed first
/// (src/backend/commands/tablespace.c, create_tablespace_directories).
/// </summary>
/// <param name="Timeline">The timeline whose WAL holds it.</param>
/// <param name="Lsn">Start of the record.</param>
/// <param name="Oid">The tablespace.</param>
/// <param name="Location">Absolute path on the original.</param>
public sealed record TablespaceCreation(TimelineId Timeline, Lsn Lsn, uint Oid, string Location)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"tablespace {Oid} at {Location} (CREATE TABLESPACE at {Lsn} of timeline {Timeline})");
}
