using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;

namespace Howdah.Postgres.Sql;

/// <summary>A row that was read as text, as the JSON that the server's <c>to_json</c> makes of it.</summary>
internal static class RowJson
{
    /// <summary>An object of the columns in their order; of two of one name the reader of the JSON takes the last.</summary>
    public static string Of(NpgsqlDataReader row)
    {
        var json = new StringBuilder("{");
        for (var column = 0; column < row.FieldCount; column++)
        {
            var value = row.IsDBNull(column) ? "null" : Value(row.GetDataTypeOID(column), row.GetString(column));
            json.Append(column == 0 ? "" : ", ").Append(Quote(row.GetName(column))).Append(": ").Append(value);
        }

        return json.Append('}').ToString();
    }

    /// <remarks>Numbers of types: PostgreSQL 11-18, src/include/catalog/pg_type.dat; they never change.</remarks>
    private static string Value(uint type, string text) => type switch
    {
        // int8, int2, int4, float4, float8, numeric; NaN and Infinity are no numbers in JSON.
        20 or 21 or 23 or 700 or 701 or 1700 when char.IsAsciiDigit(text[^1]) => text,
        16 => text == "t" ? "true" : "false",
        // json, jsonb
        114 or 3802 => text,
        _ => Quote(text),
    };

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
