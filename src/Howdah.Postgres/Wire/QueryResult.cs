namespace Howdah.Postgres.Wire;

/// <summary>One result set in text format: rows of values by position; null is SQL's NULL.</summary>
internal sealed record QueryResult(IReadOnlyList<string> Columns, IReadOnlyList<byte[]?[]> Rows, string Tag)
{
    public string? Text(int row, int column) => Rows[row][column] is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;
}
