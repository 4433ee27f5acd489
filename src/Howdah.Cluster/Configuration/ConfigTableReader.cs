using System.Globalization;
using Howdah.Core.Units;

namespace Howdah.Cluster.Configuration;

/// <summary>A value with the place it came from; the position is the section's where the value is a default.</summary>
internal sealed record Located<T>(T Value, ConfigPosition Position);

/// <summary>
/// Reads one section by its schema: tells unknown keys and wrong values, fills in defaults and notes where each value came from.
/// </summary>
internal sealed class ConfigTableReader
{
    private readonly ConfigTable _table;
    private readonly ConfigSection _section;
    private readonly string _path;
    private readonly ProblemList _problems;
    private readonly List<EffectiveValue> _effective;

    /// <param name="table">The section, or null when the file does not have it.</param>
    /// <param name="section">What it may hold.</param>
    /// <param name="path">How it is called in <c>config show</c>: <c>nodes[1]</c>.</param>
    /// <param name="context">Where problems and effective values go.</param>
    public ConfigTableReader(
        ConfigTable? table,
        ConfigSection section,
        string path,
        (ProblemList Problems, List<EffectiveValue> Effective) context
    )
    {
        _table = table ?? new ConfigTable(default(ConfigPosition));
        _section = section;
        _path = path;
        _problems = context.Problems;
        _effective = context.Effective;
        foreach (var entry in _table.Entries)
            CheckKnown(entry);
    }

    public ConfigPosition Position => _table.Position;

    /// <summary>The key's text, or the fallback; null only when it is required and absent, wrong, or has no fallback.</summary>
    public Located<string>? Text(string key, string? fallback = null)
    {
        var schema = _section.Key(key);
        if (_table.Find(key) is not { } entry)
            return Absent(schema, fallback);
        if (entry.Value is not ConfigScalar { Value: string text })
            return Wrong<string>(entry, $"{key} is {entry.Value.Kind}, but has to be a string", Quoted(entry.Value));
        if (ValueRules.Check(schema, text) is { } wrong)
            return Wrong<string>(entry, $"{key}: {wrong.Message}", wrong.Suggestion);
        Note(key, text, entry);
        return new Located<string>(text, entry.Value.Position);
    }

    public Located<int>? Integer(string key, int? fallback = null)
    {
        var schema = _section.Key(key);
        if (_table.Find(key) is not { } entry)
            return Absent(schema, fallback?.ToString(CultureInfo.InvariantCulture)) is { } absent
                ? new Located<int>(fallback!.Value, absent.Position)
                : null;
        if (entry.Value is not ConfigScalar { Value: long number })
        {
            var bare =
                entry.Value is ConfigScalar { Value: string text } && int.TryParse(text, CultureInfo.InvariantCulture, out var parsed)
                    ? $"leave out the quotes: {key} = {parsed}"
                    : $"a whole number from {schema.Minimum} to {schema.Maximum}";
            return Wrong<int>(entry, $"{key} is {entry.Value.Kind}, but has to be a whole number", bare);
        }

        if (number < schema.Minimum || number > schema.Maximum)
            return Wrong<int>(entry, $"{key} is {number}, but has to be from {schema.Minimum} to {schema.Maximum}", null);
        Note(key, number.ToString(CultureInfo.InvariantCulture), entry);
        return new Located<int>((int)number, entry.Value.Position);
    }

    public Located<ByteSize>? Size(string key)
    {
        var schema = _section.Key(key);
        if (_table.Find(key) is not { } entry)
        {
            Absent(schema, fallback: null);
            return null;
        }

        if (entry.Value is not ConfigScalar { Value: string text } || !ByteSize.TryParse(text, out var size))
            return Wrong<ByteSize>(entry, $"{key} is no size", "a number with a unit in quotes, as in \"64MiB\" or \"10GB\"");
        if (size.Bytes < schema.Minimum || size.Bytes > schema.Maximum)
        {
            var range = schema.Maximum == long.MaxValue ? "" : $" and at most {new ByteSize(schema.Maximum)}";
            return Wrong<ByteSize>(entry, $"{key} is {size}, but has to be at least {new ByteSize(schema.Minimum)}{range}", null);
        }

        Note(key, size.ToString(), entry);
        return new Located<ByteSize>(size, entry.Value.Position);
    }

    /// <summary>The strings of a list, each with its own place.</summary>
    public IReadOnlyList<Located<string>> TextList(string key)
    {
        if (_table.Find(key) is not { } entry)
        {
            Absent(_section.Key(key), fallback: null);
            return [];
        }

        if (entry.Value is not ConfigArray array)
        {
            _problems.Add(
                entry.Value.Position,
                $"{key} is {entry.Value.Kind}, but has to be a list of strings",
                "put it between '[' and ']'"
            );
            return [];
        }

        List<Located<string>> texts = [];
        foreach (var item in array.Items)
        {
            if (item is ConfigScalar { Value: string text })
                texts.Add(new Located<string>(text, item.Position));
            else
                _problems.Add(item.Position, $"{key} holds {item.Kind}, but has to hold strings", Quoted(item));
        }

        Note(key, string.Join("; ", texts.Select(text => text.Value)), entry);
        return texts;
    }

    /// <summary>The keys and values of a section whose keys are the user's.</summary>
    public IReadOnlyList<(ConfigEntry Entry, string Value)> Free()
    {
        List<(ConfigEntry, string)> values = [];
        foreach (var entry in Flatten(_table, prefix: ""))
        {
            if (entry.Value is not ConfigScalar scalar || scalar.ToText() is not { } text)
            {
                _problems.Add(
                    entry.Value.Position,
                    $"{entry.Key} is {entry.Value.Kind}, but has to be a string, a number or a truth value",
                    null
                );
                continue;
            }

            _effective.Add(new EffectiveValue($"{_path}.{entry.Key}", text, entry.KeyPosition.Line));
            values.Add((entry, text));
        }

        return values;
    }

    private static string? Quoted(ConfigNode value) =>
        value is ConfigScalar scalar && scalar.ToText() is { } text ? $"put it in quotes: \"{text}\"" : null;

    /// <summary>A dotted key such as <c>pg_stat_statements.max</c> reads as a table inside a table; here it is one name.</summary>
    private static IEnumerable<ConfigEntry> Flatten(ConfigTable table, string prefix)
    {
        foreach (var entry in table.Entries)
        {
            if (entry.Value is not ConfigTable inner)
            {
                yield return entry with
                {
                    Key = prefix + entry.Key,
                };
                continue;
            }

            foreach (var nested in Flatten(inner, $"{prefix}{entry.Key}."))
                yield return nested;
        }
    }

    private void CheckKnown(ConfigEntry entry)
    {
        var names = _section.Keys.Select(key => key.Name).ToList();
        if (_section.HasFreeKeys || names.Contains(entry.Key, StringComparer.Ordinal))
            return;
        var suggestion = entry.Key.Contains("password", StringComparison.OrdinalIgnoreCase)
            ? "the cluster file holds no passwords: Howdah makes them and keeps them under secrets/"
            : UnknownKey.Suggest(entry.Key, names, _section.Header);
        _problems.Add(entry.KeyPosition, $"unknown key {entry.Key} in {_section.Header}", suggestion);
    }

    private Located<string>? Absent(ConfigKey schema, string? fallback)
    {
        if (schema.Required)
        {
            if (_table.Position != default)
                _problems.AddMissing(
                    _table.Position,
                    $"{_section.Header} has no {schema.Name}",
                    $"add {schema.Name} = …: {schema.Description}"
                );
            return null;
        }

        _effective.Add(new EffectiveValue($"{_path}.{schema.Name}", fallback ?? schema.Default ?? "", Line: null));
        return fallback is null ? null : new Located<string>(fallback, _table.Position);
    }

    private Located<T>? Wrong<T>(ConfigEntry entry, string message, string? suggestion)
    {
        _problems.Add(entry.Value.Position, message, suggestion);
        return null;
    }

    private void Note(string key, string text, ConfigEntry entry) =>
        _effective.Add(new EffectiveValue($"{_path}.{key}", text, entry.KeyPosition.Line));
}
