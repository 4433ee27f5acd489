using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Postgres.DataDirectory;

/// <summary>
/// Reads a <c>backup_manifest</c> file by file and verifies the checksum of the whole. Memory does not grow with the number of files.
/// </summary>
/// <remarks>
/// What was read may be trusted only after <see cref="TryReadFile"/> answered false: the checksum stands at the end.
/// Like PostgreSQL's own parser (src/common/parse_manifest.c) it refuses unknown versions, fields and anything after the end.
/// </remarks>
public sealed class BackupManifestReader : IDisposable
{
    // An entry is a path of at most 4096 bytes, six times that when every byte is escaped, and some 200 bytes.
    private const int BufferBytes = 128 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly ManifestHash _hash = new();
    private JsonReaderState _state;
    private int _start;
    private int _end;
    private long _position;
    private bool _atEnd;
    private bool _headerRead;
    private ManifestFile? _file;
    private byte[] _storedChecksum = [];

    /// <param name="stream">Positioned at the first byte; stays open.</param>
    public BackupManifestReader(Stream stream) => _stream = stream;

    private delegate bool Parser(ref Utf8JsonReader json);

    /// <summary>1 or 2; 0 before the first call of <see cref="TryReadFile"/>.</summary>
    public int Version { get; private set; }

    /// <summary>Null in version 1.</summary>
    public SystemIdentifier? System { get; private set; }

    /// <summary>Newest timeline first; complete once <see cref="TryReadFile"/> answered false.</summary>
    public IReadOnlyList<ManifestWalRange> WalRanges { get; private set; } = [];

    /// <summary>The next file; false after the last, when the checksum has been verified too.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.FileFormatInvalid"/>; the message names the byte.</exception>
    public bool TryReadFile(out ManifestFile file)
    {
        if (!_headerRead)
            Run(ParseHeader);
        _headerRead = true;
        Run(ParseFile);
        file = _file!;
        if (_file is not null)
            return true;
        Run(ParseTrailer);
        VerifyChecksum();
        return false;
    }

    public void Dispose() => _hash.Dispose();

    private void Run(Parser parse)
    {
        while (true)
        {
            var json = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _atEnd, _state);
            bool done;
            try
            {
                done = parse(ref json);
            }
            catch (JsonException e)
            {
                throw Malformed(json.BytesConsumed, "not valid JSON", e);
            }
            catch (InvalidOperationException e) when (e.InnerException is DecoderFallbackException)
            {
                throw Malformed(json.BytesConsumed, "text that is not UTF-8", e);
            }

            if (done)
            {
                _start += (int)json.BytesConsumed;
                _state = json.CurrentState;
                return;
            }

            if (_atEnd)
                throw Malformed(_end - _start, "the file ends early");
            Fill();
        }
    }

    private void Fill()
    {
        _position += _start;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        if (_end == _buffer.Length)
            throw Malformed(0, $"an entry of more than {BufferBytes} bytes");
        var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _hash.Append(_buffer.AsSpan(_end, read));
        _end += read;
        _atEnd = read == 0;
    }

    private bool ParseHeader(ref Utf8JsonReader json)
    {
        if (!json.Read())
            return false;
        Require(json.TokenType == JsonTokenType.StartObject, json, "expected an object");
        while (true)
        {
            if (!json.Read())
                return false;
            Require(json.TokenType == JsonTokenType.PropertyName, json, "expected a field");
            var isVersion = json.ValueTextEquals("PostgreSQL-Backup-Manifest-Version"u8);
            var isSystem = json.ValueTextEquals("System-Identifier"u8);
            var isFiles = json.ValueTextEquals("Files"u8);
            Require(isVersion || isSystem || isFiles, json, "unknown or misplaced field");
            Require(isVersion || Version != 0, json, "the version must come first");
            if (!json.Read())
                return false;
            if (isFiles)
            {
                Require(json.TokenType == JsonTokenType.StartArray, json, "expected the list of files");
                return true;
            }

            Require(json.TokenType == JsonTokenType.Number && json.TryGetUInt64(out _), json, "expected a number");
            if (isSystem)
                System = new SystemIdentifier(json.GetUInt64());
            else
                ReadVersion(json);
        }
    }

    private void ReadVersion(in Utf8JsonReader json)
    {
        var version = json.GetUInt64();
        Require(version is >= BackupManifest.OldestVersion and <= BackupManifest.NewestVersion, json,
            $"manifest version {version} is not known");
        Version = (int)version;
    }

    private bool ParseFile(ref Utf8JsonReader json)
    {
        _file = null;
        if (!json.Read())
            return false;
        if (json.TokenType == JsonTokenType.EndArray)
            return true;
        Require(json.TokenType == JsonTokenType.StartObject, json, "expected a file");
        var entry = new ManifestEntry();
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.EndObject)
            {
                _file = entry.ToFile(out var problem);
                Require(_file is not null, json, problem);
                return true;
            }

            var field = ManifestEntry.FieldOf(json);
            Require(field != ManifestField.Unknown, json, "unknown field of a file");
            if (!json.Read())
                return false;
            Require(entry.Read(field, json), json, $"value of {field} is malformed");
        }

        return false;
    }

    private bool ParseTrailer(ref Utf8JsonReader json)
    {
        var ranges = new List<ManifestWalRange>();
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.EndObject)
            {
                WalRanges = ranges;
                // To the end of the file, so that anything behind the object is refused.
                return _atEnd && !json.Read();
            }

            var isRanges = json.ValueTextEquals("WAL-Ranges"u8);
            Require(isRanges || json.ValueTextEquals("Manifest-Checksum"u8), json, "unknown or misplaced field");
            if (!json.Read())
                return false;
            if (isRanges)
            {
                if (!ParseRanges(ref json, ranges))
                    return false;
                continue;
            }

            _storedChecksum = ManifestEntry.ReadHex(json) ?? [];
            Require(_storedChecksum.Length == SHA256.HashSizeInBytes, json, "the manifest's checksum is not a SHA-256");
        }

        return false;
    }

    private bool ParseRanges(ref Utf8JsonReader json, List<ManifestWalRange> ranges)
    {
        ranges.Clear();
        Require(json.TokenType == JsonTokenType.StartArray, json, "expected the list of WAL ranges");
        while (json.Read())
        {
            if (json.TokenType == JsonTokenType.EndArray)
                return true;
            Require(json.TokenType == JsonTokenType.StartObject, json, "expected a WAL range");
            var entry = new ManifestEntry();
            while (json.Read() && json.TokenType != JsonTokenType.EndObject)
            {
                var field = ManifestEntry.FieldOf(json);
                Require(field != ManifestField.Unknown, json, "unknown field of a WAL range");
                if (!json.Read())
                    return false;
                Require(entry.Read(field, json), json, $"value of {field} is malformed");
            }

            if (json.TokenType != JsonTokenType.EndObject)
                return false;
            Require(entry.ToRange() is not null, json, "a WAL range needs timeline, start and end");
            ranges.Add(entry.ToRange()!.Value);
        }

        return false;
    }

    private void VerifyChecksum()
    {
        var computed = _hash.Finish() ?? throw Malformed(_end - _start, "the last line is not the manifest's checksum");
        if (!computed.AsSpan().SequenceEqual(_storedChecksum))
            throw Malformed(
                _end - _start,
                $"checksum is {Convert.ToHexStringLower(_storedChecksum)}, the content gives {Convert.ToHexStringLower(computed)}");
    }

    private void Require(bool condition, in Utf8JsonReader json, string what)
    {
        if (!condition)
            throw Malformed(json.TokenStartIndex, what);
    }

    private OperationException Malformed(long offset, string what, Exception? inner = null) =>
        new(ErrorCodes.FileFormatInvalid, $"cannot read backup_manifest: byte {_position + _start + offset}: {what}", null, inner);
}
