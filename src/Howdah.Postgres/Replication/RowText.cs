using System.Globalization;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Postgres.Replication;

/// <summary>Reads values of one text-format row; what does not fit is a protocol violation that names the column.</summary>
internal readonly ref struct RowText(byte[]?[] row, string command)
{
    public bool IsNull(int column) => column >= row.Length || row[column] is null;

    public string Text(int column) =>
        IsNull(column) ? throw Violation(column, "NULL or missing") : Encoding.UTF8.GetString(row[column]!);

    public ReadOnlyMemory<byte> Bytes(int column) => IsNull(column) ? throw Violation(column, "NULL or missing") : row[column]!;

    public Lsn Lsn(int column)
    {
        var text = Text(column);
        return Core.Wal.Lsn.TryParse(text, out var lsn) ? lsn : throw Violation(column, $"\"{Cut(text)}\" is no LSN");
    }

    public TimelineId Timeline(int column)
    {
        var number = Number(column);
        return number is > 0 and <= uint.MaxValue ? new TimelineId((uint)number) : throw Violation(column, $"{number} is no timeline");
    }

    public uint Oid(int column)
    {
        var number = Number(column);
        return number is > 0 and <= uint.MaxValue ? (uint)number : throw Violation(column, $"{number} is no OID");
    }

    public ulong Number(int column)
    {
        var text = Text(column);
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Violation(column, $"\"{Cut(text)}\" is no number");
    }

    private OperationException Violation(int column, string problem) =>
        new(
            ErrorCodes.ProtocolViolation,
            $"the server's answer to {command} is malformed: column {column + 1}: {problem}",
            "is this a PostgreSQL server?");

    private static string Cut(string text) => text.Length > 64 ? text[..64] : text;
}
