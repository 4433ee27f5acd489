using System.Text;

namespace Howdah.Postgres.Wire;

/// <summary>Prepares a password for SCRAM (RFC 4013, as PostgreSQL's src/common/saslprep.c).</summary>
/// <remarks>
/// Mapping is complete for what people type; compatibility normalisation (NFKC) is not made, because the binary carries no
/// Unicode tables. It changes passwords with characters such as ligatures or full-width letters only.
/// </remarks>
internal static class SaslPrep
{
    /// <summary>The prepared password; the password itself where it holds what SASLprep prohibits, as PostgreSQL does.</summary>
    public static string Prepare(string password)
    {
        if (password.All(c => c is >= ' ' and < '\x7f'))
            return password;
        var prepared = new StringBuilder(password.Length);
        foreach (var rune in password.EnumerateRunes())
        {
            if (IsProhibited(rune))
                return password;
            if (IsSpace(rune))
                prepared.Append(' ');
            else if (!IsDropped(rune))
                prepared.Append(rune.ToString());
        }

        return prepared.Length == 0 ? password : prepared.ToString();
    }

    // RFC 3454 C.1.2: non-ASCII space characters.
    private static bool IsSpace(Rune rune) =>
        rune.Value is 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200B) or 0x202F or 0x205F or 0x3000;

    // RFC 3454 B.1: commonly mapped to nothing.
    private static bool IsDropped(Rune rune) =>
        rune.Value is 0xAD or 0x34F or 0x1806 or (>= 0x180B and <= 0x180D) or 0x200C or 0x200D or 0x2060
            or (>= 0xFE00 and <= 0xFE0F) or 0xFEFF;

    // RFC 3454 C.2-C.9, the groups without assigned use in text.
    private static bool IsProhibited(Rune rune) =>
        rune.Value is < 0x20 or (>= 0x7F and <= 0x9F) or 0xFFFD or (>= 0xE000 and <= 0xF8FF) or (>= 0xFFF9 and <= 0xFFFC)
            or (>= 0x200E and <= 0x200F) or (>= 0x202A and <= 0x202E) or (>= 0x206A and <= 0x206F) or >= 0xE0000;
}
