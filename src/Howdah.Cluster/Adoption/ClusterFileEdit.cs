using Howdah.Cluster.Configuration;

namespace Howdah.Cluster.Adoption;

/// <summary>What is added to a cluster file; nothing in it is changed or taken out.</summary>
public sealed record ClusterFileAdditions
{
    /// <summary>For [settings], in their order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>For [hba], before the lines that are there.</summary>
    public IReadOnlyList<string> HbaLines { get; init; } = [];

    /// <summary>The slots of nodes whose section names none, by the node's name.</summary>
    public IReadOnlyDictionary<string, string> Slots { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public bool IsEmpty => Settings.Count == 0 && HbaLines.Count == 0 && Slots.Count == 0;
}

/// <summary>
/// Adds to the text of a cluster file, and leaves its comments, order and spelling as they are. Pure.
/// </summary>
internal static class ClusterFileEdit
{
    private const string Remark = "# taken over by howdah adopt";

    /// <returns>The text; null where a section is written in a form that cannot be added to, such as <c>settings = { … }</c>.</returns>
    public static string? Add(string text, ClusterFileAdditions additions)
    {
        var root = ConfigTreeBuilder.Build(text, "the cluster file", new ProblemList());
        var places = new Places(text);
        var wasAdded = AddSettings(root, places, additions.Settings)
            && AddHbaLines(root, places, additions.HbaLines)
            && additions.Slots.All(slot => AddSlot(root, places, slot));
        return wasAdded ? places.ToText() : null;
    }

    private static bool AddSettings(ConfigTable root, Places places, IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        if (settings.Count == 0)
            return true;
        var lines = settings.Select(setting => $"{Key(setting.Key)} = {TomlString.Quote(setting.Value)}").Prepend(Remark);
        return AddToSection(root, places, ConfigSchema.Settings.Name, lines);
    }

    private static bool AddHbaLines(ConfigTable root, Places places, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
            return true;
        var items = lines.Select(line => $"    {TomlString.Quote(line)},").Prepend($"    {Remark}").ToList();
        return (root.Find(ConfigSchema.Hba.Name)?.Value as ConfigTable)?.Find("lines")?.Value switch
        {
            null => AddToSection(root, places, ConfigSchema.Hba.Name, ["lines = [", .. items, "]"]),
            ConfigArray array => places.TryInsertAfter(array.Position, '[', $"\n{string.Join('\n', items)}\n"),
            _ => false,
        };
    }

    private static bool AddSlot(ConfigTable root, Places places, KeyValuePair<string, string> slot)
    {
        var table = (root.Find(ConfigSchema.Nodes.Name)?.Value as ConfigTableList)?.Tables.FirstOrDefault(
            node => node.Find("name")?.Value is ConfigScalar { Value: string name } && name == slot.Key);
        return table is not null && places.TryInsertBelow(table.Position, [$"slot = {TomlString.Quote(slot.Value)}  {Remark}"]);
    }

    private static bool AddToSection(ConfigTable root, Places places, string section, IEnumerable<string> lines)
    {
        if (root.Find(section) is not { } entry)
        {
            places.Append($"\n[{section}]\n{string.Join('\n', lines)}\n");
            return true;
        }

        return entry.Value is ConfigTable table && places.TryInsertBelow(table.Position, lines);
    }

    /// <summary>A dotted name is one key here, as PostgreSQL takes it.</summary>
    private static string Key(string name) => name.Contains('.', StringComparison.Ordinal) ? TomlString.Quote(name) : name;

    /// <summary>Insertions into a text, by lines and columns of the text as it was.</summary>
    private sealed class Places(string text)
    {
        private readonly List<(int At, string Text)> _insertions = [];

        /// <summary>Below a header: below its line. False where there is no header.</summary>
        public bool TryInsertBelow(ConfigPosition header, IEnumerable<string> lines)
        {
            var start = OffsetOf(header);
            if (start < 0 || start >= text.Length || text[start] != '[')
                return false;
            var end = text.IndexOf('\n', start);
            _insertions.Add(end < 0 ? (text.Length, $"\n{string.Join('\n', lines)}\n") : (end + 1, $"{string.Join('\n', lines)}\n"));
            return true;
        }

        public bool TryInsertAfter(ConfigPosition position, char expected, string inserted)
        {
            var start = OffsetOf(position);
            if (start < 0 || start >= text.Length || text[start] != expected)
                return false;
            _insertions.Add((start + 1, inserted));
            return true;
        }

        public void Append(string added) =>
            _insertions.Add((text.Length, text.Length == 0 || text.EndsWith('\n') ? added : "\n" + added));

        public string ToText()
        {
            var result = text;
            foreach (var (at, added) in _insertions.Select((insertion, index) => (insertion, index))
                .OrderByDescending(place => place.insertion.At).ThenByDescending(place => place.index).Select(place => place.insertion))
                result = result.Insert(at, added);
            return result;
        }

        private int OffsetOf(ConfigPosition position)
        {
            var offset = 0;
            for (var line = 1; line < position.Line; line++)
            {
                var end = text.IndexOf('\n', offset);
                if (end < 0)
                    return -1;
                offset = end + 1;
            }

            return offset + position.Column - 1;
        }
    }
}
