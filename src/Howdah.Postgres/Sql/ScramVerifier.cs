using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Units;

namespace Howdah.Postgres.Sql;

/// <summary>
/// SCRAM-SHA-256 verifiers made on our side, so that <c>CREATE ROLE … PASSWORD</c> never carries the password itself:
/// statements reach server logs.
/// </summary>
/// <remarks>
/// RFC 5803 form as PostgreSQL stores it: <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c> (src/common/scram-common.c,
/// 11-18).
/// </remarks>
public static class ScramVerifier
{
    /// <summary>PostgreSQL's default count (SCRAM_SHA_256_DEFAULT_ITERATIONS).</summary>
    public const int DefaultIterations = 4096;

    // 250 times the default. A verifier with more is not of our making, and to try it would take minutes.
    private const int MostIterations = 1_000_000;

    private const string Prefix = "SCRAM-SHA-256$";

    /// <summary>A verifier with a fresh random salt of 16 bytes.</summary>
    /// <exception cref="OperationException">The password has characters beyond printable ASCII, whose normalisation (SASLprep) we
    /// do not do.</exception>
    public static string Create(Secret password) => Create(password, RandomNumberGenerator.GetBytes(16), DefaultIterations);

    /// <summary>True where the stored verifier belongs to the password; false also where it is none of this kind.</summary>
    public static bool Matches(string verifier, Secret password)
    {
        if (!verifier.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var parts = verifier[Prefix.Length..].Split('$', ':');
        if (parts.Length != 4
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            || iterations is < 1 or > MostIterations)
            return false;
        var salt = new byte[parts[1].Length];
        if (!Convert.TryFromBase64String(parts[1], salt, out var length))
            return false;
        var expected = Encoding.ASCII.GetBytes(Create(password, salt.AsSpan(0, length), iterations));
        return CryptographicOperations.FixedTimeEquals(expected, Encoding.ASCII.GetBytes(verifier));
    }

    internal static string Create(Secret password, ReadOnlySpan<byte> salt, int iterations)
    {
        var text = password.Reveal();
        if (text.Length == 0 || text.Any(character => character is < ' ' or > '~'))
            throw new OperationException(
                ErrorCodes.ConfigurationInvalid, "a role's password is empty or has characters beyond printable ASCII");
        Span<byte> salted = stackalloc byte[32];
        Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(text), salt, salted, iterations, HashAlgorithmName.SHA256);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var storedKey = SHA256.HashData(clientKey);
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix}{iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}");
    }
}
