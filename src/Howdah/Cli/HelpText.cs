using System.CommandLine;
using System.Text;

namespace Howdah.Cli;

/// <summary>Help as text, made from the command tree.</summary>
internal static class HelpText
{
    private const int Indent = 2;

    /// <summary>Names longer than this get a line of their own.</summary>
    private const int WidestName = 30;

    public static string Of(Command command)
    {
        var text = new StringBuilder();
        text.Append(Capital(command.Description ?? "")).Append(".\n\nUsage:\n").Append(' ', Indent).Append(UsageOf(command)).Append('\n');
        if (command is HowdahCommand { Remarks.Length: > 0 } remarked)
            text.Append('\n').Append(remarked.Remarks.Trim()).Append('\n');
        if (command is HowdahCommand { Examples.Count: > 0 } exampled)
            AppendRows(text, "Examples", exampled.Examples.Select(example => (example.CommandLine, example.Meaning)));
        AppendRows(
            text,
            "Commands",
            command.Subcommands.Where(child => !child.Hidden).Select(child => (child.Name, child.Description ?? ""))
        );
        if (command is RootCommand)
            AppendRows(text, "Other programs", OtherPrograms.List.Select(program => (program.Name, program.Description)));
        AppendRows(
            text,
            "Arguments",
            command.Arguments.Where(argument => !argument.Hidden).Select(argument => (NameOf(argument), argument.Description ?? ""))
        );
        AppendRows(text, "Options", OwnOptions(command).Select(option => (NameOf(option), option.Description ?? "")));
        if (command is not RootCommand)
            AppendRows(
                text,
                "Options of every command",
                RecursiveOptions(command).Select(option => (NameOf(option), option.Description ?? ""))
            );
        if (command is HowdahCommand { OwnExitCodes.Count: > 0 } coded)
            AppendRows(text, "Exit codes", coded.OwnExitCodes.Select(code => (code.Code.ToString(), code.Meaning)));
        return text.ToString();
    }

    /// <summary>The command as it is typed: <c>howdah wal fetch</c>.</summary>
    public static string PathOf(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "howdah" : $"{PathOf(parent)} {command.Name}";
    }

    public static string UsageOf(Command command)
    {
        var text = new StringBuilder(PathOf(command));
        if (command.Subcommands.Any(child => !child.Hidden))
            text.Append(command is HowdahCommand { Action: not null } ? " [COMMAND]" : " COMMAND");
        foreach (var argument in command.Arguments.Where(argument => !argument.Hidden))
        {
            var name = NameOf(argument);
            var many = argument.Arity.MaximumNumberOfValues > 1 ? "…" : "";
            text.Append(argument.Arity.MinimumNumberOfValues > 0 ? $" {name}{many}" : $" [{name}{many}]");
        }

        return text.Append(" [options]").ToString();
    }

    public static IEnumerable<Option> OwnOptions(Command command) =>
        command.Options.Where(option => !option.Hidden && (command is RootCommand || !option.Recursive));

    /// <summary>Every word that may follow the command.</summary>
    public static IEnumerable<string> WordsOf(Command command) =>
        command
            .Subcommands.Where(child => !child.Hidden)
            .Select(child => child.Name)
            .Concat(OwnOptions(command).Concat(RecursiveOptions(command)).Select(option => option.Name));

    public static string NameOf(Option option)
    {
        var names = string.Join(
            ", ",
            option.Aliases.Prepend(option.Name).Where(name => name is not ("-?" or "/h" or "/?")).OrderBy(name => name.Length)
        );
        return option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0
            ? names
            : $"{names} {option.HelpName ?? "VALUE"}";
    }

    public static string NameOf(Argument argument) => argument.HelpName ?? argument.Name;

    public static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static IEnumerable<Option> RecursiveOptions(Command command)
    {
        for (var parent = command; parent is not null; parent = parent.Parents.OfType<Command>().FirstOrDefault())
        {
            if (parent is RootCommand)
                return parent.Options.Where(option => option is { Hidden: false, Recursive: true });
        }

        return [];
    }

    private static void AppendRows(StringBuilder text, string title, IEnumerable<(string Name, string Meaning)> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        var width = all.Select(row => row.Name.Length).Where(length => length <= WidestName).DefaultIfEmpty(0).Max();
        text.Append('\n').Append(title).Append(":\n");
        foreach (var (name, meaning) in all)
        {
            text.Append(' ', Indent).Append(name);
            if (name.Length > width)
                text.Append('\n').Append(' ', Indent + width);
            else
                text.Append(' ', width - name.Length);
            text.Append(' ', Indent).Append(meaning).Append('\n');
        }
    }
}
