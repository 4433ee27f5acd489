using System.Globalization;
using Howdah.Postgres.Sql;

namespace Howdah.Cluster.Configuration;

/// <summary>How values of a setting are compared: PostgreSQL takes many spellings for one value.</summary>
/// <param name="Type">As pg_settings has it: bool, integer, real, enum or string.</param>
/// <param name="Unit">Of a number without one: B, kB, 8kB, MB, ms, s, min; null where it counts things.</param>
internal sealed record SettingKind(string Type, string? Unit)
{
    // PostgreSQL 11-18, src/backend/utils/misc/guc.c, memory_unit_conversion_table and time_unit_conversion_table.
    private static readonly Dictionary<string, double> Units = new(StringComparer.Ordinal)
    {
        ["B"] = 1,
        ["kB"] = 1024,
        ["MB"] = 1 << 20,
        ["GB"] = 1 << 30,
        ["TB"] = 1L << 40,
        ["us"] = 0.001,
        ["ms"] = 1,
        ["s"] = 1000,
        ["min"] = 60_000,
        ["h"] = 3_600_000,
        ["d"] = 86_400_000,
    };

    /// <summary>Of a row of pg_settings with vartype and unit.</summary>
    public static SettingKind Of(SqlRow row) => new(row.Text("vartype") ?? "string", row.Text("unit"));

    public bool AreSame(string one, string other) => string.Equals(Canonical(one), Canonical(other), StringComparison.Ordinal);

    private string Canonical(string value) => Type switch
    {
        "bool" => value.ToLowerInvariant() switch
        {
            "on" or "true" or "yes" or "1" or "t" or "y" => "on",
            "off" or "false" or "no" or "0" or "f" or "n" => "off",
            var other => other,
        },
        "enum" => value.ToLowerInvariant() switch
        {
            "true" or "yes" or "1" => "on",
            "false" or "no" or "0" => "off",
            var other => other,
        },
        "integer" or "real" => Number(value)?.ToString("R", CultureInfo.InvariantCulture) ?? value,
        _ => string.Join(", ", value.Split(',', StringSplitOptions.TrimEntries)),
    };

    private double? Number(string value)
    {
        var text = value.Trim();
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c is '-' or '+' or '.').Count();
        if (!double.TryParse(text.AsSpan(0, digits), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return null;
        var unit = text[digits..].Trim();
        // -1 says something of its own whatever the unit, and so does 0.
        if (number <= 0)
            return number;
        return unit.Length > 0 ? (Units.TryGetValue(unit, out var factor) ? number * factor : null) : number * OwnUnit();
    }

    private double OwnUnit()
    {
        if (Unit is null)
            return 1;
        var digits = Unit.TakeWhile(char.IsAsciiDigit).Count();
        var count = digits == 0 ? 1 : int.Parse(Unit.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        return Units.TryGetValue(Unit[digits..], out var factor) ? count * factor : count;
    }
}
