using System.Text;

namespace Howdah.Postgres.Settings;

/// <summary>
/// A word of pg_hba.conf. Quoting takes the special meaning from <c>all</c>, <c>replication</c>, <c>@file</c> and the like.
/// </summary>
public sealed record HbaToken(string Text, bool IsQuoted)
{
    /// <summary>True where the word is this keyword: not quoted, and spelled exactly so.</summary>
    public bool IsKeyword(string keyword) => !IsQuoted && string.Equals(Text, keyword, StringComparison.Ordinal);

    public override string ToString()
    {
        var bare = Text.Length > 0 && !Text.Any(character => character is ' ' or '\t' or '\r' or ',' or '#' or '"');
        return bare && !IsQuoted ? Text : $"\"{Text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

/// <summary>The scanner of pg_hba.conf (PostgreSQL 11-18, src/backend/libpq/hba.c, next_token and next_field_expand).</summary>
internal static class HbaScanner
{
    /// <summary>Reads one logical line into fields; a field is one or more words joined by commas.</summary>
    /// <returns>False with the position where a quote was opened that nothing closes.</returns>
    public static bool TryRead(string line, List<IReadOnlyList<HbaToken>> fields, out int openQuote)
    {
        var position = 0;
        var field = new List<HbaToken>();
        while (ReadToken(line, ref position, out var token, out var joined, out openQuote))
        {
            field.Add(token);
            if (joined)
                continue;
            fields.Add(field);
            field = [];
        }

        if (field.Count > 0)
            fields.Add(field);
        return openQuote < 0;
    }

    private static bool ReadToken(string line, ref int position, out HbaToken token, out bool joined, out int openQuote)
    {
        joined = false;
        openQuote = -1;
        while (position < line.Length && (IsBlank(line[position]) || line[position] == ','))
            position++;
        var text = new StringBuilder();
        bool inQuote = false, wasQuote = false, sawQuote = false, initialQuote = false;
        for (; position < line.Length && (!IsBlank(line[position]) || inQuote); position++)
        {
            var character = line[position];
            if (character == '#' && !inQuote)
            {
                position = line.Length;
                break;
            }

            if (character == ',' && !inQuote)
            {
                joined = true;
                position++;
                break;
            }

            if (character != '"' || wasQuote)
                text.Append(character);
            wasQuote = inQuote && character == '"' && !wasQuote;
            if (character != '"')
                continue;
            inQuote = !inQuote;
            openQuote = inQuote ? position : -1;
            initialQuote |= text.Length == 0;
            sawQuote = true;
        }

        token = new HbaToken(text.ToString(), initialQuote);
        return openQuote < 0 && (sawQuote || text.Length > 0);
    }

    private static bool IsBlank(char value) => value is ' ' or '\t' or '\r';
}
