using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Howdah.Core.Wal;

namespace Howdah.Postgres.DataDirectory;

/// <summary>Writes a <c>backup_manifest</c> in the server's own form, for backups of servers that make none (11, 12).</summary>
public sealed class BackupManifestWriter : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly StringBuilder _pending = new();
    private readonly Stream _stream;
    private bool _hasFiles;

    /// <param name="stream">Stays open; written in blocks.</param>
    /// <param name="system">Null writes version 1, else version 2.</param>
    public BackupManifestWriter(Stream stream, SystemIdentifier? system)
    {
        _stream = stream;
        _pending.Append(CultureInfo.InvariantCulture, $"{{ \"PostgreSQL-Backup-Manifest-Version\": {(system is null ? 1 : 2)},\n");
        if (system is { } identifier)
            _pending.Append(CultureInfo.InvariantCulture, $"\"System-Identifier\": {identifier},\n");
        _pending.Append("\"Files\": [");
    }

    public void Add(ManifestFile file)
    {
        _pending.Append(_hasFiles ? ",\n" : "\n");
        _hasFiles = true;
        if (Utf8.IsValid(file.PathBytes))
            _pending.Append(CultureInfo.InvariantCulture, $"{{ \"Path\": {Quote(file.Path)}, ");
        else
            _pending.Append(CultureInfo.InvariantCulture, $"{{ \"Encoded-Path\": \"{Convert.ToHexStringLower(file.PathBytes)}\", ");
        var modified = file.LastModified.ToUniversalTime().ToString(ManifestEntry.TimeFormat, CultureInfo.InvariantCulture);
        _pending.Append(CultureInfo.InvariantCulture, $"\"Size\": {file.Size}, \"Last-Modified\": \"{modified}\"");
        if (BackupManifest.NameOf(file.Algorithm) is { } algorithm)
            _pending.Append(
                CultureInfo.InvariantCulture,
                $", \"Checksum-Algorithm\": \"{algorithm}\", \"Checksum\": \"{Convert.ToHexStringLower(file.Checksum)}\"");
        _pending.Append(" }");
        Flush(all: false);
    }

    /// <summary>Writes the WAL ranges and the checksum; nothing may follow.</summary>
    public void Complete(IReadOnlyList<ManifestWalRange> ranges)
    {
        _pending.Append("\n],\n\"WAL-Ranges\": [\n");
        for (var i = 0; i < ranges.Count; i++)
        {
            var (timeline, range) = ranges[i];
            _pending.Append(
                CultureInfo.InvariantCulture,
                $"{{ \"Timeline\": {timeline}, \"Start-LSN\": \"{range.Start}\", \"End-LSN\": \"{range.End}\" }}");
            _pending.Append(i < ranges.Count - 1 ? ",\n" : "\n");
        }

        _pending.Append("],\n");
        Flush(all: true);
        var checksum = Convert.ToHexStringLower(_hash.GetHashAndReset());
        _stream.Write(Encoding.UTF8.GetBytes($"\"Manifest-Checksum\": \"{checksum}\"}}\n"));
    }

    public void Dispose() => _hash.Dispose();

    private static string Quote(string text) =>
        $"\"{JsonEncodedText.Encode(text, global::System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private void Flush(bool all)
    {
        const int blockChars = 64 * 1024;
        if (!all && _pending.Length < blockChars)
            return;
        var bytes = Encoding.UTF8.GetBytes(_pending.ToString());
        _pending.Clear();
        _hash.AppendData(bytes);
        _stream.Write(bytes);
    }
}
