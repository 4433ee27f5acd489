using System.Globalization;
using System.Text;

namespace Howdah.Postgres.Settings;

/// <summary>Values as postgresql.conf and recovery.conf write them.</summary>
public static class ConfValue
{
    /// <summary>
    /// Writes a value so that the server reads exactly <paramref name="value"/>: bare where it is one word or number, else in
    /// single quotes. A tab, a newline and other control characters become escapes, so a value never spans lines.
    /// </summary>
    /// <exception cref="ArgumentException">The value holds a NUL, which no setting can.</exception>
    public static string Quote(string value)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("a setting cannot hold a NUL character", nameof(value));
        return IsBare(value) ? value : QuoteAlways(value);
    }

    /// <summary>Reads the inside of <c>'…'</c> (PostgreSQL 11-18, guc-file.l, DeescapeQuotedString).</summary>
    internal static string Unquote(ReadOnlySpan<char> quoted)
    {
        var inner = quoted[1..^1];
        var text = new StringBuilder(inner.Length);
        for (var index = 0; index < inner.Length; index++)
        {
            if (inner[index] == '\\' && index + 1 < inner.Length)
            {
                index++;
                index += AppendEscape(text, inner[index..]) - 1;
            }
            else
            {
                text.Append(inner[index]);
                if (inner[index] == '\'')
                    index++;
            }
        }

        return text.ToString();
    }

    private static bool IsBare(string value)
    {
        if (value.Any(character => !char.IsAscii(character)))
            return false;
        var token = ConfScanner.Next(value, 0);
        return token.Start == 0 && token.Length == value.Length
            && token.Kind is ConfTokenKind.Identifier or ConfTokenKind.Integer or ConfTokenKind.Real;
    }

    private static string QuoteAlways(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('\'');
        foreach (var character in value)
        {
            _ = character switch
            {
                '\'' => text.Append("''"),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append('\\').Append(Convert.ToString(character, 8).PadLeft(3, '0')),
                _ => text.Append(character),
            };
        }

        return text.Append('\'').ToString();
    }

    /// <summary>Appends what the escape after a backslash means; answers how many characters it took.</summary>
    private static int AppendEscape(StringBuilder text, ReadOnlySpan<char> escape)
    {
        if (escape[0] is >= '0' and <= '7')
        {
            var length = 1;
            while (length < 3 && length < escape.Length && escape[length] is >= '0' and <= '7')
                length++;
            var code = 0;
            foreach (var digit in escape[..length])
                code = (code * 8) + int.Parse([digit], NumberStyles.None, CultureInfo.InvariantCulture);
            text.Append((char)(code & 0xFF));
            return length;
        }

        text.Append(escape[0] switch
        {
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            var other => other,
        });
        return 1;
    }
}
