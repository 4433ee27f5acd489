using System.Globalization;
using System.Text;
using Howdah.Core.Errors;

namespace Howdah.Postgres.DataDirectory;

/// <summary>One tablespace: <c>pg_tblspc/&lt;oid&gt;</c> is a link to <see cref="Location"/>.</summary>
public readonly record struct TablespaceMapEntry(uint Oid, string Location);

/// <summary>
/// The <c>tablespace_map</c> of a base backup: the server makes the links of <c>pg_tblspc</c> from it when it starts.
/// </summary>
/// <remarks>
/// One line a tablespace, <c>oid SPACE path LF</c>; a backslash, LF or CR in the path is escaped by a backslash
/// (PostgreSQL 11-18, src/backend/access/transam/xlogrecovery.c, read_tablespace_map).
/// </remarks>
public sealed record TablespaceMap(IReadOnlyList<TablespaceMapEntry> Entries)
{
    public const string FileName = "tablespace_map";

    /// <exception cref="OperationException"><see cref="ErrorCodes.FileFormatInvalid"/>; the message names the line.</exception>
    public static TablespaceMap Parse(ReadOnlySpan<byte> content)
    {
        var entries = new List<TablespaceMapEntry>();
        var line = new List<byte>();
        var escaped = false;
        foreach (var value in content)
        {
            if (!escaped && value == (byte)'\\')
            {
                escaped = true;
                continue;
            }

            if (!escaped && value is (byte)'\n' or (byte)'\r')
            {
                if (line.Count > 0)
                    entries.Add(ParseLine(line, entries.Count + 1));
                line.Clear();
                continue;
            }

            line.Add(value);
            escaped = false;
        }

        if (line.Count > 0 || escaped)
            throw Malformed(entries.Count + 1, "the file ends within the line");
        return new TablespaceMap(entries);
    }

    /// <summary>The bytes of the file.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        foreach (var (oid, location) in Entries)
        {
            text.Append(CultureInfo.InvariantCulture, $"{oid} ");
            foreach (var character in location)
                text.Append(character is '\\' or '\n' or '\r' ? "\\" : "").Append(character);
            text.Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static TablespaceMapEntry ParseLine(List<byte> bytes, int number)
    {
        var text = Encoding.UTF8.GetString(bytes.ToArray());
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space <= 0 || space == text.Length - 1
            || !uint.TryParse(text.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var oid))
            throw Malformed(number, $"expected 'oid path', got '{(text.Length > 80 ? text[..80] : text)}'");
        return new TablespaceMapEntry(oid, text[(space + 1)..]);
    }

    private static OperationException Malformed(int line, string what) =>
        new(ErrorCodes.FileFormatInvalid, $"cannot read tablespace_map: line {line}: {what}");
}
