using System.Globalization;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Postgres.Versions;

namespace Howdah.Postgres.Replication;

/// <summary>Writes replication commands for the version at hand. Keywords are upper case: the server's scanner knows no other.</summary>
/// <remarks>PostgreSQL 11-18, src/backend/replication/repl_gram.y and documentation 53.4.</remarks>
internal static class ReplicationCommand
{
    // Limits of MAX_RATE in kB/s (src/include/backup/basebackup.h).
    private const long LowestRate = 32;
    private const long HighestRate = 1 << 20;

    /// <summary>Always quoted: a slot name may start with a digit, an identifier may not.</summary>
    public static string QuoteName(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string QuoteText(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    public static string CreateSlot(string name, SlotOptions options) =>
        "CREATE_REPLICATION_SLOT "
        + $"{QuoteName(name)}{(options.Temporary ? " TEMPORARY" : "")} PHYSICAL{(options.ReserveWal ? " RESERVE_WAL" : "")}";

    public static string Start(StartReplication options)
    {
        var slot = options.Slot is null ? "" : $"SLOT {QuoteName(options.Slot)} ";
        return $"START_REPLICATION {slot}PHYSICAL {options.Start} TIMELINE {options.Timeline}";
    }

    public static string BaseBackup(BaseBackupOptions options, VersionFacts facts)
    {
        if (options.Label.AsSpan().IndexOfAny('\n', '\r', '\0') >= 0 || Encoding.UTF8.GetByteCount(options.Label) > 1024)
            throw new OperationException(ErrorCodes.UsageInvalid, "a backup label is one line of at most 1024 bytes");
        return facts.HasParenthesizedOptions ? Parenthesized(options) : Legacy(options, facts);
    }

    private static string Parenthesized(BaseBackupOptions options)
    {
        var words = new List<string>
        {
            $"LABEL {QuoteText(options.Label)}",
            $"CHECKPOINT '{(options.FastCheckpoint ? "fast" : "spread")}'",
            "WAIT false",
            $"VERIFY_CHECKSUMS {(options.VerifyChecksums ? "true" : "false")}",
        };
        if (options.Progress)
            words.Add("PROGRESS true");
        if (options.TablespaceMap)
            words.Add("TABLESPACE_MAP true");
        if (Rate(options) is { } rate)
            words.Add(string.Create(CultureInfo.InvariantCulture, $"MAX_RATE {rate}"));
        if (options.ManifestChecksums is { } algorithm)
        {
            words.Add("MANIFEST 'yes'");
            words.Add($"MANIFEST_CHECKSUMS '{Algorithm(algorithm)}'");
        }

        if (options.Incremental)
            words.Add("INCREMENTAL true");
        return $"BASE_BACKUP ({string.Join(", ", words)})";
    }

    private static string Legacy(BaseBackupOptions options, VersionFacts facts)
    {
        var command = new StringBuilder($"BASE_BACKUP LABEL {QuoteText(options.Label)} NOWAIT");
        if (options.FastCheckpoint)
            command.Append(" FAST");
        if (options.Progress)
            command.Append(" PROGRESS");
        if (options.TablespaceMap)
            command.Append(" TABLESPACE_MAP");
        if (!options.VerifyChecksums)
            command.Append(" NOVERIFY_CHECKSUMS");
        if (Rate(options) is { } rate)
            command.Append(CultureInfo.InvariantCulture, $" MAX_RATE {rate}");
        if (options.ManifestChecksums is { } algorithm && facts.HasBackupManifest)
            command.Append(CultureInfo.InvariantCulture, $" MANIFEST 'yes' MANIFEST_CHECKSUMS '{Algorithm(algorithm)}'");
        return command.ToString();
    }

    // 0 is refused by the server although the manual calls it unlimited.
    private static long? Rate(BaseBackupOptions options) =>
        options.MaxRate is { } rate ? Math.Clamp(rate.Bytes / 1024, LowestRate, HighestRate) : null;

    private static string Algorithm(ManifestChecksum algorithm) => algorithm switch
    {
        ManifestChecksum.None => "NONE",
        ManifestChecksum.Crc32C => "CRC32C",
        ManifestChecksum.Sha256 => "SHA256",
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };
}
