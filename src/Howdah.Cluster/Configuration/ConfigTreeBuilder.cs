using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Howdah.Cluster.Configuration;

/// <summary>Turns TOML text into a <see cref="ConfigTable"/>, reporting syntax errors and keys that are set twice.</summary>
internal sealed class ConfigTreeBuilder(ProblemList problems)
{
    private readonly ConfigTable _root = new(new ConfigPosition(1, 1));

    public static ConfigTable Build(string text, string fileName, ProblemList problems)
    {
        if (Parse(text, fileName, problems) is not { } document)
            return new ConfigTable(new ConfigPosition(1, 1));
        var lines = text.Split('\n');
        foreach (var diagnostic in document.Diagnostics)
        {
            var position = PositionOf(diagnostic.Span);
            var line = position.Line <= lines.Length ? lines[position.Line - 1] : "";
            problems.AddSyntax(position, TomlComplaint.Explain(diagnostic.Message, line, position.Column));
        }

        var builder = new ConfigTreeBuilder(problems);
        builder.AddAll(builder._root, document.KeyValues);
        foreach (var table in document.Tables)
            builder.AddTable(table);
        return builder._root;
    }

    private static DocumentSyntax? Parse(string text, string fileName, ProblemList problems)
    {
        try
        {
            return SyntaxParser.Parse(text, fileName, validate: false);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            // Tomlyn 2.10.2 throws this while it words its own complaint about an escape such as "\ud800" or a control character.
            problems.AddSyntax(default, ($"the file is no TOML: {exception.Message.TrimEnd('.')}", null));
            return null;
        }
    }

    private static ConfigPosition PositionOf(SourceSpan span) => new(span.Start.Line + 1, span.Start.Column + 1);

    private static string TextOf(BareKeyOrStringValueSyntax? part) =>
        part switch
        {
            BareKeySyntax bare => bare.Key?.Text ?? "",
            StringValueSyntax text => text.Value ?? "",
            _ => "",
        };

    private static List<(string Name, ConfigPosition Position)> PathOf(KeySyntax key)
    {
        List<(string, ConfigPosition)> path = [(TextOf(key.Key), PositionOf(key.Span))];
        foreach (var dotted in key.DotKeys)
            path.Add((TextOf(dotted.Key), PositionOf(dotted.Key?.Span ?? dotted.Span)));
        return path;
    }

    private void AddTable(TableSyntaxBase syntax)
    {
        if (syntax.Name is null)
            return;
        var path = PathOf(syntax.Name);
        var parent = Descend(_root, path, path.Count - 1);
        if (parent is null)
            return;
        var (name, position) = path[^1];
        var header = PositionOf(syntax.Span);
        var table = syntax is TableArraySyntax ? AppendTable(parent, name, position, header) : OpenTable(parent, name, position, header);
        if (table is not null)
            AddAll(table, syntax.Items);
    }

    private ConfigTable? AppendTable(ConfigTable parent, string name, ConfigPosition position, ConfigPosition header)
    {
        var table = new ConfigTable(header);
        switch (parent.Find(name)?.Value)
        {
            case null:
                var list = new ConfigTableList(header);
                list.Add(table);
                parent.Add(new ConfigEntry(name, position, list));
                return table;
            case ConfigTableList existing:
                existing.Add(table);
                return table;
            case var other:
                problems.Add(
                    position,
                    $"[[{name}]] here, but line {other.Position.Line} has {name} as {other.Kind}",
                    "write all of them with two brackets"
                );
                return null;
        }
    }

    private ConfigTable? OpenTable(ConfigTable parent, string name, ConfigPosition position, ConfigPosition header)
    {
        if (parent.Find(name) is not { } existing)
        {
            var table = new ConfigTable(header);
            parent.Add(new ConfigEntry(name, position, table));
            return table;
        }

        var twice =
            existing.Value is ConfigTableList
                ? $"[{name}] here, but line {existing.Value.Position.Line} has [[{name}]]"
                : $"section [{name}] is written twice, first in line {existing.Value.Position.Line}";
        problems.Add(position, twice, existing.Value is ConfigTableList ? $"write [[{name}]]" : "merge the two");
        // Its keys are still looked at: every problem is to be reported at once.
        return existing.Value as ConfigTable;
    }

    private ConfigTable? Descend(ConfigTable table, List<(string Name, ConfigPosition Position)> path, int depth)
    {
        for (var i = 0; i < depth; i++)
        {
            var (name, position) = path[i];
            switch (table.Find(name)?.Value)
            {
                case null:
                    var child = new ConfigTable(position);
                    table.Add(new ConfigEntry(name, position, child));
                    table = child;
                    break;
                case ConfigTable existing:
                    table = existing;
                    break;
                case ConfigTableList { Tables: [.., var last] }:
                    table = last;
                    break;
                case var other:
                    problems.Add(position, $"{name} is {other.Kind} since line {other.Position.Line}, and cannot hold keys", null);
                    return null;
            }
        }

        return table;
    }

    private void AddAll(ConfigTable table, SyntaxList<KeyValueSyntax> items)
    {
        foreach (var item in items)
            AddKeyValue(table, item);
    }

    private void AddKeyValue(ConfigTable table, KeyValueSyntax syntax)
    {
        if (syntax.Key is null || syntax.Value is null)
            return; // the syntax error of it is reported already
        var path = PathOf(syntax.Key);
        var owner = Descend(table, path, path.Count - 1);
        if (owner is null)
            return;
        var (name, position) = path[^1];
        if (owner.Find(name) is { } first)
        {
            problems.Add(position, $"{name} is set twice, first in line {first.KeyPosition.Line}", "keep one of them");
            return;
        }

        owner.Add(new ConfigEntry(name, position, Convert(syntax.Value)));
    }

    private ConfigNode Convert(ValueSyntax syntax)
    {
        var position = PositionOf(syntax.Span);
        switch (syntax)
        {
            case StringValueSyntax text:
                return new ConfigScalar(position, text.Value ?? "");
            case IntegerValueSyntax number:
                return new ConfigScalar(position, number.Value);
            case FloatValueSyntax number:
                return new ConfigScalar(position, number.Value);
            case BooleanValueSyntax flag:
                return new ConfigScalar(position, flag.Value);
            case ArraySyntax array:
                return new ConfigArray(
                    position,
                    [.. array.Items.Where(item => item.Value is not null).Select(item => Convert(item.Value!))]
                );
            case InlineTableSyntax inline:
                var table = new ConfigTable(position);
                foreach (var item in inline.Items)
                {
                    if (item.KeyValue is not null)
                        AddKeyValue(table, item.KeyValue);
                }

                return table;
            default:
                return new ConfigScalar(position, Value: null);
        }
    }
}
