using System.Globalization;
using System.Text;
using System.Text.Json;
using Howdah.Core.Wal;

namespace Howdah.Postgres.DataDirectory;

/// <summary>Fields of the objects in a manifest's lists.</summary>
internal enum ManifestField
{
    Unknown,
    Path,
    EncodedPath,
    Size,
    LastModified,
    ChecksumAlgorithm,
    Checksum,
    Timeline,
    StartLsn,
    EndLsn,
}

/// <summary>Gathers the fields of one file or WAL range of a manifest, in whatever order they come.</summary>
internal struct ManifestEntry
{
    public const string TimeFormat = "yyyy-MM-dd HH:mm:ss 'GMT'";

    private const int LongestPath = 4096;

    private byte[]? _path;
    private long? _size;
    private DateTimeOffset _lastModified;
    private ManifestChecksumAlgorithm _algorithm;
    private byte[]? _checksum;
    private TimelineId? _timeline;
    private Lsn? _start;
    private Lsn? _end;

    public static ManifestField FieldOf(in Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.PropertyName)
            return ManifestField.Unknown;
        return json.GetString() switch
        {
            "Path" => ManifestField.Path,
            "Encoded-Path" => ManifestField.EncodedPath,
            "Size" => ManifestField.Size,
            "Last-Modified" => ManifestField.LastModified,
            "Checksum-Algorithm" => ManifestField.ChecksumAlgorithm,
            "Checksum" => ManifestField.Checksum,
            "Timeline" => ManifestField.Timeline,
            "Start-LSN" => ManifestField.StartLsn,
            "End-LSN" => ManifestField.EndLsn,
            _ => ManifestField.Unknown,
        };
    }

    /// <summary>The bytes of a hexadecimal string; null where it is not one.</summary>
    public static byte[]? ReadHex(in Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.String || json.ValueIsEscaped || json.ValueSpan.Length > 2 * LongestPath)
            return null;
        var bytes = new byte[json.ValueSpan.Length / 2];
        var status = Convert.FromHexString(json.ValueSpan, bytes, out _, out var written);
        return status == global::System.Buffers.OperationStatus.Done && written == bytes.Length ? bytes : null;
    }

    /// <summary>Takes a value; false where it is malformed.</summary>
    public bool Read(ManifestField field, in Utf8JsonReader json)
    {
        if (field is ManifestField.Size or ManifestField.Timeline)
            return json.TokenType == JsonTokenType.Number && ReadNumber(field, json);
        if (json.TokenType != JsonTokenType.String)
            return false;
        switch (field)
        {
            case ManifestField.Path:
                _path = ReadPath(json);
                return _path is not null;
            case ManifestField.EncodedPath:
                _path = ReadHex(json);
                return _path is { Length: > 0 };
            case ManifestField.Checksum:
                _checksum = ReadHex(json);
                return _checksum is not null;
            case ManifestField.ChecksumAlgorithm:
                return ReadAlgorithm(json);
            case ManifestField.LastModified:
                return DateTimeOffset.TryParseExact(
                    json.GetString(), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _lastModified);
            case ManifestField.StartLsn:
                return ReadLsn(json, ref _start);
            default:
                return ReadLsn(json, ref _end);
        }
    }

    /// <summary>The file; null, and why, where a field is missing or does not fit the others.</summary>
    public readonly ManifestFile? ToFile(out string problem)
    {
        problem = this switch
        {
            { _path: null } => "a file has no path",
            { _size: null } => "a file has no size",
            _ when (_checksum?.Length ?? 0) != BackupManifest.LengthOf(_algorithm) => "a file's checksum does not fit its algorithm",
            _ => "",
        };
        return problem.Length == 0 ? new ManifestFile(_path!, _size!.Value, _lastModified, _algorithm, _checksum ?? []) : null;
    }

    public readonly ManifestWalRange? ToRange() =>
        _timeline is { } timeline && _start is { } start && _end is { } end ? new ManifestWalRange(timeline, new LsnRange(start, end))
            : null;

    private static byte[]? ReadPath(in Utf8JsonReader json)
    {
        if (json.ValueSpan.IsEmpty || json.ValueSpan.Length > 6 * LongestPath)
            return null;
        return json.ValueIsEscaped ? Encoding.UTF8.GetBytes(json.GetString()!) : json.ValueSpan.ToArray();
    }

    private static bool ReadLsn(in Utf8JsonReader json, ref Lsn? target)
    {
        var parsed = Lsn.TryParse(json.GetString(), out var lsn);
        target = lsn;
        return parsed;
    }

    private bool ReadNumber(ManifestField field, in Utf8JsonReader json)
    {
        if (!json.TryGetInt64(out var number) || number < 0)
            return false;
        if (field == ManifestField.Size)
        {
            _size = number;
            return true;
        }

        _timeline = new TimelineId((uint)number);
        return number is > 0 and <= uint.MaxValue;
    }

    private bool ReadAlgorithm(in Utf8JsonReader json)
    {
        foreach (var algorithm in Enum.GetValues<ManifestChecksumAlgorithm>())
        {
            if (BackupManifest.NameOf(algorithm) is { } name && json.ValueTextEquals(name))
            {
                _algorithm = algorithm;
                return true;
            }
        }

        return json.ValueTextEquals("NONE"u8);
    }
}
