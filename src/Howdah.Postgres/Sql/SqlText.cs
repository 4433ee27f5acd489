using System.Text;

namespace Howdah.Postgres.Sql;

/// <summary>Quoting for the few statements that take no parameters. Safe with standard_conforming_strings on or off.</summary>
public static class SqlText
{
    /// <summary>A name in double quotes.</summary>
    /// <exception cref="ArgumentException">Empty, with a NUL, or longer than the 63 bytes that PostgreSQL keeps.</exception>
    public static string Identifier(string name)
    {
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(name) > 63)
            throw new ArgumentException($"\"{name}\" cannot be a name in PostgreSQL: 1 to 63 bytes, no NUL", nameof(name));
        return $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>A string constant; with backslashes in the escape form, which means the same under every setting.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL.</exception>
    public static string Literal(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("a string in PostgreSQL cannot hold a NUL", nameof(text));
        var quoted = text.Replace("'", "''", StringComparison.Ordinal);
        return quoted.Contains('\\', StringComparison.Ordinal)
            ? $" E'{quoted.Replace("\\", "\\\\", StringComparison.Ordinal)}'"
            : $"'{quoted}'";
    }
}
