using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Howdah.Core.Errors;
using Howdah.Repository.Drills;
using Howdah.Repository.Snapshots;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Repository.Json;

/// <summary>Every JSON object of the repository, generated at build time so that the native binary needs no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(LsnConverter), typeof(TimelineIdConverter), typeof(SystemIdentifierConverter), typeof(WalSegmentSizeConverter)])]
[JsonSerializable(typeof(FormatHeader))]
[JsonSerializable(typeof(RepositoryRecord))]
[JsonSerializable(typeof(LineageRecord))]
[JsonSerializable(typeof(GapRecord))]
[JsonSerializable(typeof(CompletenessRecord))]
[JsonSerializable(typeof(SnapshotRecord))]
[JsonSerializable(typeof(DrillRecord))]
internal sealed partial class RepositoryJson : JsonSerializerContext
{
    // The largest is a snapshot's record: 10 000 tablespaces of less than 2 KiB each, 200 warnings of at most 8 KiB.
    private const int LongestObjectBytes = 32 << 20;

    /// <summary>Reads one object, after checking that its format version is known.</summary>
    /// <param name="path">The object's file.</param>
    /// <param name="newestFormat">Versions 1 … this are known.</param>
    /// <param name="type">What it holds.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.RepositoryInvalid"/> with file, line and column, or
    /// <see cref="ErrorCodes.RepositoryUnavailable"/>.</exception>
    public static T Read<T>(string path, int newestFormat, JsonTypeInfo<T> type)
        where T : class
    {
        return Parse(path, StorageFailure.Run($"reading {path}", () => ReadAll(path)), newestFormat, type);
    }

    /// <summary>As <see cref="Read"/>; null where there is no file.</summary>
    public static T? ReadIfPresent<T>(string path, int newestFormat, JsonTypeInfo<T> type)
        where T : class
    {
        var content = StorageFailure.Run($"reading {path}", () => ReadAllIfPresent(path));
        return content is null ? null : Parse(path, content, newestFormat, type);
    }

    public static byte[] Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    private static byte[] ReadAll(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > LongestObjectBytes)
            throw new OperationException(
                ErrorCodes.RepositoryInvalid,
                $"reading {path}: it has {file.Length} bytes, none of ours has more than {LongestObjectBytes}");
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    private static byte[]? ReadAllIfPresent(string path)
    {
        try
        {
            return ReadAll(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>As <see cref="Read"/>, of what is in memory already.</summary>
    internal static T Parse<T>(string path, byte[] content, int newestFormat, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var header = JsonSerializer.Deserialize(content, Default.FormatHeader);
            if (header is null || header.Format < 1 || header.Format > newestFormat)
            {
                throw new OperationException(
                    ErrorCodes.RepositoryInvalid,
                    $"reading {path}: format version {header?.Format ?? 0} is not known, this program knows up to {newestFormat}",
                    "use the Howdah version that wrote it, or a newer one");
            }

            var read = JsonSerializer.Deserialize(content, type) ?? throw new JsonException("the object is null");
            return (read as ICheckedRecord)?.FindProblem() is { } problem
                ? throw new OperationException(ErrorCodes.RepositoryInvalid, $"reading {path}: {problem}")
                : read;
        }
        catch (JsonException exception)
        {
            throw new OperationException(
                ErrorCodes.RepositoryInvalid,
                $"reading {path}: not valid at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}: {exception.Message}",
                innerException: exception);
        }
    }
}

/// <summary>What every object of the repository begins with.</summary>
internal sealed record FormatHeader(int Format);
