using System.Buffers.Text;
using System.Security.Cryptography;
using Howdah.Core.Errors;
using Howdah.Core.Units;

namespace Howdah.Cluster.Trust;

/// <summary>
/// What a host needs to join, in one word that a person copies: <c>howdah1.HOST.SECRET.FINGERPRINT@ISSUER</c>. The secret (32 random
/// bytes, base64url) shows the cluster that the host may join. The fingerprint (SHA-256 of the CA's certificate) shows the host that it
/// talks to the cluster, and the issuer's name that it talks to the one host that lets others in: a host that joins knows of no
/// revocation, and a revoked host could take the token with a certificate of the right CA.
/// </summary>
public sealed class JoinToken
{
    private const string Prefix = "howdah1";

    /// <summary>256 bits: not to be guessed, so hashes of it need neither salt nor stretching.</summary>
    private const int SecretBytes = 32;

    private const int FingerprintLength = 64;

    /// <summary>The parts are 245 characters at most; more is not looked at.</summary>
    private const int LongestText = 512;

    private static readonly int SecretLength = Base64Url.GetEncodedLength(SecretBytes);

    private JoinToken(string host, Secret secret, string authorityFingerprint, string issuer)
    {
        Host = host;
        Issuer = issuer;
        Secret = secret;
        AuthorityFingerprint = authorityFingerprint;
    }

    /// <summary>The only host that it is for.</summary>
    public string Host { get; }

    public Secret Secret { get; }

    /// <summary>SHA-256 of the CA's certificate in DER, 64 lower case hexadecimal digits.</summary>
    public string AuthorityFingerprint { get; }

    /// <summary>The host that issued it, and that alone takes it.</summary>
    public string Issuer { get; }

    /// <exception cref="OperationException"><see cref="ErrorCodes.TokenInvalid"/>; it does not quote the token.</exception>
    public static JoinToken Parse(string text)
    {
        if (text.Length > LongestText)
            throw Invalid($"it has {text.Length} characters, a token has less than {LongestText}");
        var whole = text.Trim();
        var at = whole.LastIndexOf('@');
        var parts = whole[..(at < 0 ? whole.Length : at)].Split('.');
        if (!string.Equals(parts[0], Prefix, StringComparison.Ordinal))
            throw Invalid($"it does not begin with '{Prefix}.'");
        if (parts.Length < 4 || at < 0)
            throw Invalid("a part is missing: it has host, secret and fingerprint, with dots between, and @ with the host that issued it");
        var issuer = whole[(at + 1)..];
        // A host's name may have dots in it, the other parts have none.
        var (host, secret, fingerprint) = (string.Join('.', parts[1..^2]), parts[^2], parts[^1]);
        if ((HostIdentity.ProblemOf(host) ?? HostIdentity.ProblemOf(issuer)) is { } problem)
            throw Invalid(problem);
        if (!IsSecret(secret))
            throw Invalid($"its secret is not {SecretLength} characters of base64url");
        if (fingerprint.Length != FingerprintLength || !fingerprint.All(char.IsAsciiHexDigitLower))
            throw Invalid($"its fingerprint is not {FingerprintLength} lower case hexadecimal digits");
        return new JoinToken(host, new Secret(secret), fingerprint, issuer);
    }

    /// <summary>The whole token with its secret, for the one person who asked for it.</summary>
    public string Reveal() => $"{Prefix}.{Host}.{Secret.Reveal()}.{AuthorityFingerprint}@{Issuer}";

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Prefix}.{Host}.{Secret}.{AuthorityFingerprint}@{Issuer}";

    internal static JoinToken Make(string host, string authorityFingerprint, string issuer) =>
        new(host, new Secret(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))), authorityFingerprint, issuer);

    private static bool IsSecret(string text) =>
        text.Length == SecretLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static OperationException Invalid(string seen) => new(
        ErrorCodes.TokenInvalid, $"reading the join token: {seen}", "copy the whole token, in one line, as it was printed");
}
