using System.Text.Json;
using System.Text.Json.Serialization;
using Howdah.Core.Wal;

namespace Howdah.Repository.Json;

/// <summary>LSNs as <c>"0/3000060"</c>.</summary>
public sealed class LsnConverter : JsonConverter<Lsn>
{
    public override Lsn Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Lsn.TryParse(reader.GetString(), out var lsn) ? lsn : throw new JsonException("not an LSN");

    public override void Write(Utf8JsonWriter writer, Lsn value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>Timelines as numbers.</summary>
public sealed class TimelineIdConverter : JsonConverter<TimelineId>
{
    public override TimelineId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetUInt32(out var value) && value > 0 ? new TimelineId(value) : throw new JsonException("not a timeline");

    public override void Write(Utf8JsonWriter writer, TimelineId value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Value);
}

/// <summary>System identifiers as strings: they exceed what a JSON number keeps exactly in many readers.</summary>
public sealed class SystemIdentifierConverter : JsonConverter<SystemIdentifier>
{
    public override SystemIdentifier Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ulong.TryParse(reader.GetString(), out var value)
            ? new SystemIdentifier(value)
            : throw new JsonException("not a system identifier");

    public override void Write(Utf8JsonWriter writer, SystemIdentifier value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>Segment sizes as numbers of bytes.</summary>
public sealed class WalSegmentSizeConverter : JsonConverter<WalSegmentSize>
{
    public override WalSegmentSize Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetInt32(out var bytes)
            && WalSegmentSize.IsValid(bytes) ? new WalSegmentSize(bytes) : throw new JsonException("not a segment size");

    public override void Write(Utf8JsonWriter writer, WalSegmentSize value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Bytes);
}
