using System.Text.Json;
using System.Text.Json.Serialization;
using Howdah.Storage;

namespace Howdah.Operations.Restore;

/// <summary>
/// Says that a directory is an unfinished restore, and which places belong to it. While it is there <c>global/pg_control</c> is not, so
/// no server starts on the directory.
/// </summary>
public sealed record RestoreMarker(int Format, string Snapshot, IReadOnlyList<string> Tablespaces)
{
    public const string FileName = "howdah-restore.incomplete";
    internal const int CurrentFormat = 1;

    /// <summary>Null where there is none that we could have written.</summary>
    internal static RestoreMarker? Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!Presence.OfFile(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RestoreJson.Default.RestoreMarker) is
            {
                Format: CurrentFormat,
                Tablespaces: not null
            } marker ? marker : null;
        }
        catch (JsonException)
        {
            // Somebody else's file of that name: then the directory is not ours to clear.
            return null;
        }
    }

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, RestoreJson.Default.RestoreMarker);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(RestoreMarker))]
internal sealed partial class RestoreJson : JsonSerializerContext;
