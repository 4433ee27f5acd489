using System.Text;

namespace Howdah.Barman.CommandLine;

/// <summary>Writes usage and help texts in the shape that Barman's users know.</summary>
internal static class UsageText
{
    private const string HelpSwitch = "[-h]";
    private const int Width = 78;
    private const int HelpColumn = 24;

    /// <summary>The usage of the program itself.</summary>
    public static string ForProgram()
    {
        var parts = BarmanGrammar.GlobalOptions.Select(Bracketed);
        return Wrap("usage: barman ", parts, [CommandNames(), "..."]);
    }

    /// <summary>The usage of one command.</summary>
    public static string ForCommand(CommandSpec command)
    {
        var positionals = new List<string>(command.Positionals);
        if (command.LastRepeats)
            positionals.Add($"[{command.Positionals[^1]} ...]");
        return Wrap($"usage: barman {command.Name} ", command.Options.Select(Bracketed).Prepend(HelpSwitch), positionals);
    }

    public static string ProgramHelp()
    {
        var text = new StringBuilder(ForProgram()).Append("\n\ncommands:\n");
        foreach (var command in BarmanGrammar.Commands)
            AppendEntry(text, command.Names.Count == 1 ? command.Name : $"{command.Name} ({command.Names[1]})", command.Help);
        text.Append("\noptions:\n");
        foreach (var option in BarmanGrammar.GlobalOptions)
            AppendEntry(text, Spelled(option), option.Help);
        return text.Append("\nBarman's commands, answered by Howdah. Everything else Howdah can do: howdah --help\n").ToString();
    }

    public static string CommandHelp(CommandSpec command)
    {
        var text = new StringBuilder(ForCommand(command)).Append("\n\n").Append(command.Help).Append("\n\noptions:\n");
        AppendEntry(text, "-h, --help", "show this text and exit");
        foreach (var option in command.Options)
            AppendEntry(text, Spelled(option), option.Help);
        return text.ToString();
    }

    private static string CommandNames()
    {
        var names = BarmanGrammar.Commands.SelectMany(command => command.Names).Order(StringComparer.Ordinal);
        return $"{{{string.Join(',', names)}}}";
    }

    private static string Bracketed(OptionSpec option) => option.Argument switch
    {
        OptionArgument.None => $"[{option.Names[0]}]",
        OptionArgument.Required => $"[{option.Names[0]} {option.ShownPlaceholder}]",
        _ => $"[{option.Names[0]} [{option.ShownPlaceholder}]]",
    };

    private static string Spelled(OptionSpec option)
    {
        var suffix = option.Argument == OptionArgument.None ? "" : $" {option.ShownPlaceholder}";
        return string.Join(", ", option.Names.Select(name => name + suffix));
    }

    private static string Wrap(string prefix, IEnumerable<string> options, List<string> positionals)
    {
        var all = options.ToList();
        var oneLine = prefix + string.Join(' ', all.Concat(positionals));
        if (oneLine.Length <= Width)
            return oneLine;
        var indent = new string(' ', prefix.Length);
        var text = new StringBuilder(prefix);
        AppendWrapped(text, indent, all);
        if (positionals.Count > 0)
            AppendWrapped(text.Append('\n').Append(indent), indent, positionals);
        return text.ToString();
    }

    private static void AppendWrapped(StringBuilder text, string indent, List<string> parts)
    {
        var column = indent.Length;
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0 && column + parts[i].Length > Width)
            {
                text.Append('\n').Append(indent);
                column = indent.Length;
            }
            else if (i > 0)
            {
                text.Append(' ');
            }

            text.Append(parts[i]);
            column += parts[i].Length + 1;
        }
    }

    private static void AppendEntry(StringBuilder text, string left, string right)
    {
        text.Append("  ").Append(left);
        if (left.Length + 3 > HelpColumn)
            text.Append('\n').Append(' ', HelpColumn);
        else
            text.Append(' ', HelpColumn - left.Length - 2);
        text.Append(right).Append('\n');
    }
}
