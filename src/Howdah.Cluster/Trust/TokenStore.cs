using System.Security.Cryptography;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Storage;

namespace Howdah.Cluster.Trust;

/// <summary>An issued token, as it is stored: without its secret.</summary>
/// <param name="SecretSha256">Hexadecimal SHA-256 of the secret's text.</param>
/// <param name="Host">The only host that it is for.</param>
/// <param name="ExpiresAt">From then on it does not work.</param>
/// <param name="UsedAt">When it was redeemed; null where it was not.</param>
internal sealed record TokenRecord(string SecretSha256, string Host, DateTimeOffset ExpiresAt, DateTimeOffset? UsedAt = null)
{
    public bool IsLive(DateTimeOffset now) => UsedAt is null && now < ExpiresAt;
}

/// <summary>
/// The join tokens that this host issued. Each works once: a lock file keeps the threads and processes of this machine apart.
/// </summary>
public sealed class TokenStore(TrustPaths paths)
{
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromHours(1);

    /// <summary>A token is for the time between two terminals. Who needs a week has another problem.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(7);

    /// <summary>Clusters have a handful of hosts; a script that issues tokens in a loop stops here.</summary>
    public const int MaxLive = 100;

    private const int Format = 1;

    /// <summary>Live and dead ones. Dead ones serve only to say why they do not work; the oldest go first.</summary>
    private const int MaxStored = 1000;

    /// <summary>How long after its end a token can be told from one that never was.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromDays(30);

    /// <summary>Makes a token that lets <paramref name="hostName"/> join the cluster whose CA certificate is here.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.UsageInvalid"/>, <see cref="ErrorCodes.TrustLimitReached"/>,
    /// <see cref="ErrorCodes.AuthorityMissing"/>; as of <see cref="HostKeyPair.Load"/></exception>
    public JoinToken Issue(string hostName, TimeSpan lifetime, TimeProvider clock)
    {
        HostIdentity.RequireName(hostName);
        if (lifetime <= TimeSpan.Zero || lifetime > LongestLifetime)
            throw new OperationException(
                ErrorCodes.UsageInvalid,
                $"issuing a join token: it can be good for up to {LongestLifetime.TotalDays:0} days, not {lifetime}");
        using var authority = AuthorityCertificate.Load(paths);
        using var own = HostKeyPair.Load(paths);
        using var held = TrustFiles.Acquire(paths, "issuing a join token");
        var now = clock.GetUtcNow();
        var records = Read();
        if (records.Count(record => record.IsLive(now)) >= MaxLive)
            throw new OperationException(
                ErrorCodes.TrustLimitReached,
                $"issuing a join token: {MaxLive} are neither used nor expired",
                "use one of them, or wait until one expires");
        var token = JoinToken.Make(
            hostName, AuthorityCertificate.FingerprintOf(authority), CertificateFields.HostName(own) ?? throw TrustFiles.Invalid(
                paths.HostPair, "its certificate names no host"));
        records.Add(new TokenRecord(Convert.ToHexStringLower(Hash(token.Secret)), hostName, now + lifetime));
        Write(records, now);
        return token;
    }

    /// <summary>
    /// Uses a token up. When it returns, the use is on disk: of all calls with one token, also across a crash, at most one returns.
    /// </summary>
    /// <param name="secret"><see cref="JoinToken.Secret"/>, as the joining host sent it.</param>
    /// <param name="hostName">The host that wants to join.</param>
    /// <param name="clock">Gives the time.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.TokenUnknown"/>, <see cref="ErrorCodes.TokenForOtherHost"/>,
    /// <see cref="ErrorCodes.TokenUsed"/>, <see cref="ErrorCodes.TokenExpired"/></exception>
    public void Redeem(Secret secret, string hostName, TimeProvider clock)
    {
        using var held = TrustFiles.Acquire(paths, "redeeming a join token");
        var now = clock.GetUtcNow();
        var records = Read();
        var index = IndexOf(records, Hash(secret));
        if (index < 0)
            throw Refused(ErrorCodes.TokenUnknown, "it was not issued here, or too long ago");
        var record = records[index];
        if (!string.Equals(record.Host, hostName, StringComparison.Ordinal))
            throw Refused(ErrorCodes.TokenForOtherHost, "it is for another host than the one that sent it");
        if (record.UsedAt is { } usedAt)
            throw new OperationException(
                ErrorCodes.TokenUsed,
                $"redeeming the join token: it was used at {CertificateFields.Date(usedAt)}",
                $"if that was not you, revoke the certificate that {hostName} was given then; a new token lets it join again");
        if (!record.IsLive(now))
            throw Refused(ErrorCodes.TokenExpired, $"it expired at {CertificateFields.Date(record.ExpiresAt)}");
        records[index] = record with { UsedAt = now };
        Write(records, now);
    }

    /// <summary>Ends all tokens of a host that have not been used: whoever holds one is not to be let in.</summary>
    public void Void(string hostName, TimeProvider clock)
    {
        using var held = TrustFiles.Acquire(paths, $"ending the join tokens of {hostName}");
        var now = clock.GetUtcNow();
        var records = Read();
        if (records.Exists(IsToEnd))
            Write([.. records.Select(record => IsToEnd(record) ? record with { ExpiresAt = now } : record)], now);

        bool IsToEnd(TokenRecord record) => record.IsLive(now) && string.Equals(record.Host, hostName, StringComparison.Ordinal);
    }

    // Every record is compared, in constant time each: how long it takes tells nothing about how near a guess was.
    private static int IndexOf(List<TokenRecord> records, byte[] hash)
    {
        var found = -1;
        for (var i = 0; i < records.Count; i++)
        {
            if (CryptographicOperations.FixedTimeEquals(Convert.FromHexString(records[i].SecretSha256), hash))
                found = i;
        }

        return found;
    }

    private static byte[] Hash(Secret secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret.Reveal()));

    private List<TokenRecord> Read()
    {
        if (TrustFiles.Read(paths.Tokens) is not { } content)
            return [];
        var file = TrustJson.Read(content, paths.Tokens, TrustJson.Default.TokenFile);
        if (file.Format != Format)
            throw TrustFiles.Invalid(paths.Tokens, $"format version {file.Format} is not known, only {Format}");
        return file.Tokens.All(IsWellFormed) ? [.. file.Tokens] : throw TrustFiles.Invalid(paths.Tokens, "an entry is no token");
    }

    private void Write(List<TokenRecord> records, DateTimeOffset now)
    {
        var kept = records.Where(record => now - record.ExpiresAt < Memory)
            .OrderByDescending(record => record.IsLive(now))
            .ThenByDescending(record => record.ExpiresAt)
            .Take(MaxStored)
            .OrderBy(record => record.ExpiresAt);
        TrustFiles.Write(
            paths.Tokens, TrustJson.Write(new TokenFile(Format, [.. kept]), TrustJson.Default.TokenFile), AtomicFile.OwnerOnly);
    }

    private static bool IsWellFormed(TokenRecord? record) =>
        record is { SecretSha256.Length: 2 * SHA256.HashSizeInBytes } && record.SecretSha256.All(char.IsAsciiHexDigit);

    private static OperationException Refused(ErrorCode code, string seen) =>
        new(code, $"redeeming the join token: {seen}", "issue a new token on a host of the cluster");
}
