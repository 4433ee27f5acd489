using System.Collections.Frozen;
using System.Text;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Trust;

/// <param name="Serial">The certificate's serial number: lower case hexadecimal, no leading zeros.</param>
/// <param name="Host">Whose it was; for people.</param>
/// <param name="RevokedAt">Since when; for people. It counts from the moment a host knows of it.</param>
public sealed record RevokedCertificate(string Serial, string Host, DateTimeOffset RevokedAt);

/// <summary>The certificates that are not accepted any more. Immutable; a list only ever leads to a longer one.</summary>
/// <remarks>Merging is commutative, associative and idempotent: hosts may exchange lists in any order and end with the same.</remarks>
public sealed class RevocationList
{
    /// <summary>One is revoked when a host is lost or its key seen by others: thousands are an attack or a bug.</summary>
    public const int MaxEntries = 10_000;

    /// <summary>RFC 5280, 4.1.2.2: a serial number has at most 20 octets.</summary>
    private const int LongestSerial = 40;

    private const int Format = 1;

    private readonly FrozenDictionary<string, RevokedCertificate> _entries;

    private RevocationList(IEnumerable<RevokedCertificate> entries) =>
        _entries = entries.ToFrozenDictionary(entry => entry.Serial, StringComparer.Ordinal);

    public static RevocationList Empty { get; } = new([]);

    /// <summary>In the order of time, then of serials.</summary>
    public IReadOnlyList<RevokedCertificate> Entries =>
        [.. _entries.Values.OrderBy(entry => entry.RevokedAt).ThenBy(entry => entry.Serial, StringComparer.Ordinal)];

    public int Count => _entries.Count;

    /// <summary>
    /// What <c>revoked.json</c> holds; empty where there is none. One that cannot be read is an error, never an empty list.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.TrustFileInvalid"/></exception>
    public static RevocationList Load(TrustPaths paths) =>
        TrustFiles.Read(paths.Revoked) is { } content ? Parse(content, paths.Revoked) : Empty;

    /// <summary>Adds to <c>revoked.json</c> what it lacks and returns all that it holds then.</summary>
    public static RevocationList Extend(TrustPaths paths, RevocationList additions)
    {
        using var held = TrustFiles.Acquire(paths, $"writing {paths.Revoked}");
        var present = Load(paths);
        var merged = present.Merge(additions);
        if (!merged.Entries.SequenceEqual(present.Entries))
            TrustFiles.Write(paths.Revoked, merged.ToJson(), TrustFiles.Public);
        return merged;
    }

    /// <summary>The same with a list as it came from another host; null: it has none.</summary>
    internal static void Extend(TrustPaths paths, string? json, string source)
    {
        if (json is not null)
            Extend(paths, Parse(Encoding.UTF8.GetBytes(json), source));
    }

    /// <summary>Reads what <see cref="ToJson"/> made, here or on another host.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="source">The file or peer it comes from, for messages.</param>
    /// <exception cref="OperationException">
    /// <see cref="ErrorCodes.TrustFileInvalid"/>, <see cref="ErrorCodes.TrustLimitReached"/>
    /// </exception>
    public static RevocationList Parse(ReadOnlySpan<byte> json, string source)
    {
        var file = TrustJson.Read(json, source, TrustJson.Default.RevocationFile);
        if (file.Format != Format)
            throw TrustFiles.Invalid(source, $"format version {file.Format} is not known, only {Format}");
        var malformed = file.Revoked.TakeWhile(IsWellFormed).Count();
        return malformed == file.Revoked.Count
            ? Empty.With(file.Revoked)
            : throw TrustFiles.Invalid(source, $"entry {malformed + 1} is no serial number of a host's certificate");
    }

    public byte[] ToJson() => TrustJson.Write(new RevocationFile(Format, Entries), TrustJson.Default.RevocationFile);

    /// <summary>Null where the certificate was not revoked.</summary>
    /// <param name="serial">Hexadecimal, in capitals and with leading zeros or without.</param>
    public RevokedCertificate? Find(string serial) => _entries.GetValueOrDefault(NormalizeSerial(serial));

    /// <exception cref="OperationException"><see cref="ErrorCodes.UsageInvalid"/>, <see cref="ErrorCodes.TrustLimitReached"/></exception>
    public RevocationList Add(RevokedCertificate certificate)
    {
        var entry = certificate with { Serial = NormalizeSerial(certificate.Serial) };
        return IsWellFormed(entry)
            ? With([entry])
            : throw new OperationException(
                ErrorCodes.UsageInvalid,
                "revoking a certificate: the serial number is not 1 to 40 hexadecimal digits, or the host has no proper name");
    }

    /// <summary>All entries of both. Where both have one serial, the earlier time counts.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.TrustLimitReached"/></exception>
    public RevocationList Merge(RevocationList other) => With(other._entries.Values);

    internal static string NormalizeSerial(string serial) => serial.ToLowerInvariant().TrimStart('0');

    private RevocationList With(IEnumerable<RevokedCertificate> additions)
    {
        var merged = _entries.Values.Concat(additions)
            .GroupBy(entry => entry.Serial, StringComparer.Ordinal)
            .Select(same => same.OrderBy(entry => entry.RevokedAt).ThenBy(entry => entry.Host, StringComparer.Ordinal).First())
            .ToList();
        return merged.Count <= MaxEntries
            ? new RevocationList(merged)
            : throw new OperationException(
                ErrorCodes.TrustLimitReached,
                $"revoking certificates: the list would have {merged.Count} entries, it takes {MaxEntries}",
                "find out who revokes so many; a new CA begins with an empty list");
    }

    private static bool IsWellFormed(RevokedCertificate? entry) =>
        entry is { Serial.Length: > 0 and <= LongestSerial }
        && entry.Serial.All(char.IsAsciiHexDigitLower)
        && entry.Serial[0] != '0'
        && HostIdentity.ProblemOf(entry.Host) is null;
}
