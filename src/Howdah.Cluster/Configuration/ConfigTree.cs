using System.Globalization;

namespace Howdah.Cluster.Configuration;

/// <summary>A place in the cluster file; both numbers are 1 and up.</summary>
internal readonly record struct ConfigPosition(int Line, int Column);

/// <summary>A value of the cluster file with its place, free of how TOML spelled it (inline, dotted or as a section).</summary>
internal abstract record ConfigNode(ConfigPosition Position)
{
    /// <summary>What it is, in words of a message.</summary>
    public abstract string Kind { get; }
}

/// <summary>A string, number, truth value or date.</summary>
/// <param name="Position">Where the value starts.</param>
/// <param name="Value">A <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, or null for a date.</param>
internal sealed record ConfigScalar(ConfigPosition Position, object? Value) : ConfigNode(Position)
{
    public override string Kind =>
        Value switch
        {
            string => "a string",
            long => "a whole number",
            double => "a number with a fraction",
            bool => "a truth value",
            _ => "a date",
        };

    /// <summary>The value as PostgreSQL would write it; null for dates.</summary>
    public string? ToText() =>
        Value switch
        {
            string text => text,
            bool flag => flag ? "on" : "off",
            long or double => Convert.ToString(Value, CultureInfo.InvariantCulture),
            _ => null,
        };
}

internal sealed record ConfigArray(ConfigPosition Position, IReadOnlyList<ConfigNode> Items) : ConfigNode(Position)
{
    public override string Kind => "a list";
}

/// <summary>One key of a table.</summary>
internal sealed record ConfigEntry(string Key, ConfigPosition KeyPosition, ConfigNode Value);

/// <summary>A section; keys keep the order of the file and are unique, the first one wins.</summary>
internal sealed record ConfigTable(ConfigPosition Position) : ConfigNode(Position)
{
    private readonly List<ConfigEntry> _entries = [];

    public override string Kind => "a section";

    public IReadOnlyList<ConfigEntry> Entries => _entries;

    public ConfigEntry? Find(string key) => _entries.Find(entry => string.Equals(entry.Key, key, StringComparison.Ordinal));

    public void Add(ConfigEntry entry) => _entries.Add(entry);
}

/// <summary><c>[[nodes]]</c>: a list that grows while the file is read.</summary>
internal sealed record ConfigTableList(ConfigPosition Position) : ConfigNode(Position)
{
    private readonly List<ConfigTable> _tables = [];

    public override string Kind => "a list of sections";

    public IReadOnlyList<ConfigTable> Tables => _tables;

    public void Add(ConfigTable table) => _tables.Add(table);
}
