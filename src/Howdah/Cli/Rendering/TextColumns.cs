namespace Howdah.Cli.Rendering;

/// <summary>
/// Rows in columns as wide as their widest cell, two spaces between, nothing at the end of a line: easy to read and to cut.
/// </summary>
internal static class TextColumns
{
    public static void Write(TextWriter output, IEnumerable<IReadOnlyList<string>> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        var widths = Enumerable
            .Range(0, all.Max(row => row.Count))
            .Select(column => all.Max(row => column < row.Count ? row[column].Length : 0))
            .ToList();
        foreach (var row in all)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
