using System.Text;
using System.Text.Json;

namespace Howdah.Cluster.Configuration;

/// <summary>
/// The cluster file as a JSON schema (draft 7, kept to what TOML editors read of it), made from <see cref="ConfigSchema"/>.
/// </summary>
public static class ConfigSchemaJson
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Render()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "http://json-schema.org/draft-07/schema#");
            json.WriteString("title", "Howdah cluster file");
            json.WriteString("type", "object");
            json.WriteBoolean("additionalProperties", false);
            WriteRequired(json, ConfigSchema.Sections.Where(section => section.Required).Select(section => section.Name));
            json.WriteStartObject("properties");
            foreach (var section in ConfigSchema.Sections)
                WriteSection(json, section);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void WriteSection(Utf8JsonWriter json, ConfigSection section)
    {
        json.WriteStartObject(section.Name);
        json.WriteString("description", section.Description);
        if (section.IsList)
        {
            json.WriteString("type", "array");
            json.WriteNumber("minItems", 1);
            json.WriteStartObject("items");
        }

        json.WriteString("type", "object");
        if (section.HasFreeKeys)
        {
            json.WriteStartObject("additionalProperties");
            WriteTypes(json, "string", "number", "boolean");
            json.WriteEndObject();
        }
        else
        {
            WriteKeys(json, section);
        }

        if (section.IsList)
            json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteKeys(Utf8JsonWriter json, ConfigSection section)
    {
        json.WriteBoolean("additionalProperties", false);
        WriteRequired(json, section.Keys.Where(key => key.Required).Select(key => key.Name));
        json.WriteStartObject("properties");
        foreach (var key in section.Keys)
        {
            json.WriteStartObject(key.Name);
            json.WriteString("description", key.Default is null ? key.Description : $"{key.Description}; default: {key.Default}");
            WriteValue(json, key);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, ConfigKey key)
    {
        switch (key.Kind)
        {
            case ConfigValueKind.Integer:
                json.WriteString("type", "integer");
                json.WriteNumber("minimum", key.Minimum);
                json.WriteNumber("maximum", key.Maximum);
                break;
            case ConfigValueKind.TextList:
                json.WriteString("type", "array");
                json.WriteStartObject("items");
                json.WriteString("type", "string");
                json.WriteEndObject();
                break;
            case ConfigValueKind.Choice:
                json.WriteString("type", "string");
                json.WriteStartArray("enum");
                foreach (var choice in key.Choices)
                    json.WriteStringValue(choice);
                json.WriteEndArray();
                break;
            default:
                json.WriteString("type", "string");
                if (PatternOf(key.Kind) is { } pattern)
                    json.WriteString("pattern", pattern);
                break;
        }
    }

    /// <summary>What a schema can say of <see cref="ValueRules"/>; the reader says the rest.</summary>
    private static string? PatternOf(ConfigValueKind kind) =>
        kind switch
        {
            ConfigValueKind.Name => "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
            ConfigValueKind.ApplicationName => "^[A-Za-z0-9._-]{1,63}$",
            ConfigValueKind.SlotName => "^[a-z0-9_]{1,63}$",
            ConfigValueKind.RoleName => "^[a-z_][a-z0-9_]{0,62}$",
            ConfigValueKind.AbsolutePath => "^/",
            ConfigValueKind.Cron => "^[^ ]+( +[^ ]+){4}$",
            ConfigValueKind.Size => "^[0-9.]+ *([kKMGTP]i?)?B$",
            _ => null,
        };

    private static void WriteRequired(Utf8JsonWriter json, IEnumerable<string> names)
    {
        var required = names.ToList();
        if (required.Count == 0)
            return;
        json.WriteStartArray("required");
        foreach (var name in required)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static void WriteTypes(Utf8JsonWriter json, params ReadOnlySpan<string> types)
    {
        json.WriteStartArray("type");
        foreach (var type in types)
            json.WriteStringValue(type);
        json.WriteEndArray();
    }
}
