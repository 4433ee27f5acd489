namespace Howdah.Postgres.ConnectionStrings;

/// <summary>Keywords and values as libpq reads them (PostgreSQL 11-18, documentation 34.1.1.1).</summary>
public static class ConninfoText
{
    /// <summary><c>keyword=value</c>, quoted where it has to be, with spaces between.</summary>
    public static string Join(IEnumerable<(string Keyword, string Value)> pairs) =>
        string.Join(' ', pairs.Select(pair => $"{pair.Keyword}={Quote(pair.Value)}"));

    private static string Quote(string value)
    {
        if (value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,@%+=[]".Contains(c, StringComparison.Ordinal)))
            return value;
        return $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
    }
}
