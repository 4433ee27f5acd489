using System.Globalization;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Replication;

/// <summary>The two result sets before the data of a base backup: start position, and the archives to come.</summary>
internal sealed record BackupHead(Lsn Start, TimelineId Timeline, IReadOnlyList<TablespaceInfo> Tablespaces)
{
    private const string Command = "BASE_BACKUP";

    // PostgreSQL has no limit; thousands of tablespaces exist nowhere, and each needs a place on our side.
    private const int MostTablespaces = 10_000;

    // 10 000 rows of an OID, a path of at most 1024 bytes and a size.
    private const long MostBytes = 16 << 20;

    public static async Task<BackupHead> ReadAsync(WireConnection wire, CancellationToken cancellationToken)
    {
        var position = await ReadSetAsync(wire, cancellationToken);
        var archives = await ReadSetAsync(wire, cancellationToken);
        return Parse(position, archives);
    }

    /// <exception cref="OperationException"><see cref="ErrorCodes.ProtocolViolation"/> with row and column.</exception>
    public static BackupHead Parse(IReadOnlyList<byte[]?[]> position, IReadOnlyList<byte[]?[]> archives)
    {
        if (position.Count != 1)
            throw Violation($"it has {position.Count} start positions");
        var tablespaces = new List<TablespaceInfo>(archives.Count);
        var known = new HashSet<uint>();
        foreach (var archive in archives)
        {
            var tablespace = ReadTablespace(new RowText(archive, $"{Command} (archive {tablespaces.Count + 1})"));
            // 0 is no OID: it stands for the data directory.
            if (!known.Add(tablespace.Oid ?? 0))
                throw Violation($"archive {tablespaces.Count + 1} is announced for the second time");
            tablespaces.Add(tablespace);
        }

        if (!known.Contains(0))
            throw Violation($"none of {archives.Count} archives is the data directory's");
        var row = new RowText(position[0], Command);
        return new BackupHead(row.Lsn(0), row.Timeline(1), tablespaces);
    }

    private static TablespaceInfo ReadTablespace(RowText row) => new(
        row.IsNull(0) ? null : row.Oid(0),
        row.IsNull(1) ? null : Encoding.UTF8.GetString(row.Bytes(1).Span),
        row.IsNull(2) ? null : (long)Math.Min(row.Number(2), long.MaxValue / 1024) * 1024);

    private static OperationException Violation(string problem) => new(
        ErrorCodes.ProtocolViolation,
        $"the server's answer to {Command} is malformed: {problem}",
        "is this a PostgreSQL server?");

    private static async Task<List<byte[]?[]>> ReadSetAsync(WireConnection wire, CancellationToken cancellationToken)
    {
        var rows = new List<byte[]?[]>();
        var columns = 0;
        long bytes = 0;
        while (true)
        {
            var message = await wire.ReadAsync(cancellationToken);
            bytes += message.Body.Length;
            if (bytes > MostBytes || rows.Count > MostTablespaces)
                throw new OperationException(
                    ErrorCodes.ProtocolViolation,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{wire.Target} does not stop answering {Command}: {rows.Count} rows, {bytes} bytes"));
            switch (message.Type)
            {
                case MessageType.RowDescription:
                    columns = SimpleQuery.ReadColumns(message).Count;
                    break;
                case MessageType.DataRow:
                    rows.Add(SimpleQuery.ReadRow(message, columns));
                    break;
                case MessageType.CommandComplete:
                    return rows;
                case MessageType.ErrorResponse:
                    var tail = new CommandTail(wire, Command);
                    tail.Handle(message);
                    await tail.ReadAsync(cancellationToken);
                    tail.ThrowIfError();
                    break;
                default:
                    throw wire.Unexpected(message, Command);
            }
        }
    }
}
