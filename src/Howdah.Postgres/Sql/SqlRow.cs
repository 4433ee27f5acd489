using System.Globalization;
using System.Text.Json;
using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Postgres.Sql;

/// <summary>
/// A row as the server's <c>to_jsonb</c> made it. A column that is null, and one that this version does not have, both read as
/// null.
/// </summary>
public sealed class SqlRow
{
    private readonly Dictionary<string, string?> _columns;

    private SqlRow(Dictionary<string, string?> columns) => _columns = columns;

    public bool Has(string column) => _columns.ContainsKey(column);

    /// <summary>The value as text: numbers and booleans in JSON's spelling.</summary>
    public string? Text(string column) => _columns.GetValueOrDefault(column);

    public bool? Boolean(string column) => Read(column, static text => bool.TryParse(text, out var value) ? value : (bool?)null);

    public long? Integer(string column) =>
        Read(
            column,
            static text =>
                long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : (long?)null);

    public double? Number(string column) =>
        Read(
            column,
            static text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : (double?)null);

    public Lsn? Lsn(string column) => Read(column, static text => Core.Wal.Lsn.TryParse(text, out var value) ? value : (Lsn?)null);

    /// <summary>A timestamptz, in ISO 8601 as JSON has it.</summary>
    public DateTimeOffset? Time(string column) => Read(
        column,
        static text =>
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value)
                ? value
                : (DateTimeOffset?)null);

    /// <exception cref="OperationException"><see cref="ErrorCodes.ProtocolViolation"/> with the place where it is no JSON
    /// object.</exception>
    internal static SqlRow Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new JsonException($"a JSON {document.RootElement.ValueKind}, not an object, at line 1");
            var columns = new Dictionary<string, string?>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
                Add(columns, property);
            return new SqlRow(columns);
        }
        catch (JsonException exception)
        {
            throw new OperationException(
                ErrorCodes.ProtocolViolation, $"the server sent a row that is malformed: {exception.Message}", innerException: exception);
        }
    }

    private static void Add(Dictionary<string, string?> columns, JsonProperty property)
    {
        try
        {
            columns[property.Name] = property.Value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => property.Value.GetString(),
                _ => property.Value.GetRawText(),
            };
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate pair, which is JSON and no text.
            throw new JsonException($"column {columns.Count + 1}: {exception.Message}", exception);
        }
    }

    private T? Read<T>(string column, Func<string, T?> parse)
        where T : struct
    {
        if (Text(column) is not { } text)
            return null;
        return parse(text)
            ?? throw new OperationException(
                ErrorCodes.ProtocolViolation, $"column {column} holds \"{text}\", which is no {typeof(T).Name}");
    }
}
