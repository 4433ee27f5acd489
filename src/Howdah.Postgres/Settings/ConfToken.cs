namespace Howdah.Postgres.Settings;

internal enum ConfTokenKind
{
    EndOfLine,
    Identifier,
    QualifiedIdentifier,
    QuotedString,
    UnquotedString,
    Integer,
    Real,
    Equals,
    Invalid,
}

/// <summary>A token of one line: its place in the line, in characters.</summary>
internal readonly record struct ConfToken(ConfTokenKind Kind, int Start, int Length)
{
    public int End => Start + Length;

    public ReadOnlySpan<char> In(ReadOnlySpan<char> line) => line.Slice(Start, Length);
}

/// <summary>
/// The scanner of postgresql.conf and recovery.conf (PostgreSQL 11-18, src/backend/utils/misc/guc-file.l): longest match,
/// ties won by the rule that stands first there.
/// </summary>
internal static class ConfScanner
{
    /// <summary>Reads the token at or after <paramref name="position"/>. Comments and blanks are skipped.</summary>
    public static ConfToken Next(ReadOnlySpan<char> line, int position)
    {
        while (position < line.Length && line[position] is ' ' or '\t' or '\r')
            position++;
        if (position >= line.Length || line[position] == '#')
            return new ConfToken(ConfTokenKind.EndOfLine, position, 0);
        var rest = line[position..];
        var first = rest[0];
        if (first == '=')
            return new ConfToken(ConfTokenKind.Equals, position, 1);
        if (first == '\'')
            return At(position, ConfTokenKind.QuotedString, QuotedLength(rest));
        return IsLetter(first) ? Word(rest, position) : Number(rest, position);
    }

    private static ConfToken Word(ReadOnlySpan<char> rest, int position)
    {
        var identifier = IdentifierLength(rest);
        var qualified = identifier < rest.Length && rest[identifier] == '.' ? IdentifierLength(rest[(identifier + 1)..]) : 0;
        if (qualified > 0)
            qualified += identifier + 1;
        var unquoted = identifier;
        while (unquoted < rest.Length && (IsLetterOrDigit(rest[unquoted]) || rest[unquoted] is '-' or '.' or '_' or ':' or '/'))
            unquoted++;
        if (unquoted == identifier)
            return new ConfToken(ConfTokenKind.Identifier, position, identifier);
        return unquoted == qualified
            ? new ConfToken(ConfTokenKind.QualifiedIdentifier, position, qualified)
            : new ConfToken(ConfTokenKind.UnquotedString, position, unquoted);
    }

    private static ConfToken Number(ReadOnlySpan<char> rest, int position)
    {
        var integer = IntegerLength(rest);
        var real = RealLength(rest);
        return real > integer ? At(position, ConfTokenKind.Real, real) : At(position, ConfTokenKind.Integer, integer);
    }

    private static ConfToken At(int position, ConfTokenKind kind, int length) =>
        length > 0 ? new ConfToken(kind, position, length) : new ConfToken(ConfTokenKind.Invalid, position, 1);

    /// <summary>Length of <c>'…'</c> with both quotes; 0 where it is not closed on the line.</summary>
    private static int QuotedLength(ReadOnlySpan<char> rest)
    {
        var index = 1;
        while (index < rest.Length)
        {
            if (rest[index] == '\\')
            {
                index += 2;
                continue;
            }

            if (rest[index] == '\'')
            {
                if (index + 1 >= rest.Length || rest[index + 1] != '\'')
                    return index + 1;
                index++;
            }

            index++;
        }

        return 0;
    }

    private static int IdentifierLength(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || !IsLetter(rest[0]))
            return 0;
        var length = 1;
        while (length < rest.Length && IsLetterOrDigit(rest[length]))
            length++;
        return length;
    }

    private static int IntegerLength(ReadOnlySpan<char> rest)
    {
        var sign = SignLength(rest);
        var index = sign;
        if (rest[index..].StartsWith("0x", StringComparison.Ordinal) && index + 2 < rest.Length && char.IsAsciiHexDigit(rest[index + 2]))
        {
            index += 2;
            while (index < rest.Length && char.IsAsciiHexDigit(rest[index]))
                index++;
        }
        else
        {
            while (index < rest.Length && char.IsAsciiDigit(rest[index]))
                index++;
        }

        if (index == sign)
            return 0;
        while (index < rest.Length && char.IsAsciiLetter(rest[index]))
            index++;
        return index;
    }

    private static int RealLength(ReadOnlySpan<char> rest)
    {
        var index = SignLength(rest);
        while (index < rest.Length && char.IsAsciiDigit(rest[index]))
            index++;
        if (index >= rest.Length || rest[index] != '.')
            return 0;
        index++;
        while (index < rest.Length && char.IsAsciiDigit(rest[index]))
            index++;
        return index + ExponentLength(rest[index..]);
    }

    private static int ExponentLength(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || rest[0] is not ('e' or 'E'))
            return 0;
        var start = 1 + SignLength(rest[1..]);
        var index = start;
        while (index < rest.Length && char.IsAsciiDigit(rest[index]))
            index++;
        return index > start ? index : 0;
    }

    private static int SignLength(ReadOnlySpan<char> rest) => !rest.IsEmpty && rest[0] is '-' or '+' ? 1 : 0;

    private static bool IsLetter(char value) => char.IsAsciiLetter(value) || value == '_' || value >= 0x80;

    private static bool IsLetterOrDigit(char value) => IsLetter(value) || char.IsAsciiDigit(value);
}
