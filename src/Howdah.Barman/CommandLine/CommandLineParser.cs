using System.Globalization;

namespace Howdah.Barman.CommandLine;

/// <summary>
/// Reads Barman's command line: global options, the command, its options and arguments in any order.
/// Long options may be shortened as long as they stay unique, values may follow <c>=</c>, <c>--</c> ends the options.
/// </summary>
internal static class CommandLineParser
{
    private const string Program = "barman";

    public static ParsedCommandLine Parse(IReadOnlyList<string> args, string version)
    {
        var global = new OptionScanner(BarmanGrammar.GlobalOptions, args, stopAtFirstArgument: true);
        if (global.Problem is { } problem)
            return ParsedCommandLine.Refuse(UsageText.ForProgram(), Program, problem);
        if (global.Values.ContainsKey("--help"))
            return ParsedCommandLine.Show(UsageText.ProgramHelp());
        if (global.Values.ContainsKey("--version"))
            return ParsedCommandLine.Show($"{version}\n");
        if (global.Next == args.Count || args[global.Next] == "help")
            return ParsedCommandLine.Show(UsageText.ProgramHelp());
        return ParseCommand(ReadGlobal(global.Values), args[global.Next], [.. args.Skip(global.Next + 1)]);
    }

    private static ParsedCommandLine ParseCommand(GlobalOptions global, string name, IReadOnlyList<string> args)
    {
        if (BarmanGrammar.Find(name) is not { } command)
            return ParsedCommandLine.Refuse(UsageText.ForProgram(), Program, UnknownCommand(name));
        var scanned = new OptionScanner(
            [new(["-h", "--help"], OptionArgument.None, ""), .. command.Options], args, stopAtFirstArgument: false);
        if (scanned.Problem is { } problem)
            return ParsedCommandLine.Refuse(UsageText.ForCommand(command), $"{Program} {command.Name}", problem);
        if (scanned.Values.ContainsKey("--help"))
            return ParsedCommandLine.Show(UsageText.CommandHelp(command));
        if (scanned.Arguments.Count < command.Positionals.Count)
        {
            var missing = string.Join(", ", command.Positionals.Skip(scanned.Arguments.Count));
            return ParsedCommandLine.Refuse(
                UsageText.ForCommand(command), $"{Program} {command.Name}", $"the following arguments are required: {missing}");
        }

        var unknown = new List<string>(scanned.Unrecognized);
        if (!command.LastRepeats)
            unknown.AddRange(scanned.Arguments.Skip(command.Positionals.Count));
        if (unknown.Count > 0)
            return ParsedCommandLine.Refuse(UsageText.ForProgram(), Program, $"unrecognized arguments: {string.Join(' ', unknown)}");
        return ParsedCommandLine.Run(
            new BarmanInvocation(global, command.Name)
            {
                Options = scanned.Values,
                Arguments = scanned.Arguments,
                Typed = [name, .. args],
            });
    }

    private static string UnknownCommand(string name)
    {
        if (BarmanGrammar.NotYetAnswered.Contains(name))
            return $"argument command: '{name}' is a command of Barman's that Howdah does not answer yet";
        var names = string.Join(", ", BarmanGrammar.Commands.SelectMany(command => command.Names).Select(known => $"'{known}'"));
        return $"argument command: invalid choice: '{name}' (choose from {names})";
    }

    private static GlobalOptions ReadGlobal(Dictionary<string, string> values) => new()
    {
        ConfigFile = values.GetValueOrDefault("--config"),
        Color = values.GetValueOrDefault("--color") switch
        {
            "never" => ColorMode.Never,
            "always" => ColorMode.Always,
            _ => ColorMode.Auto,
        },
        Quiet = values.ContainsKey("--quiet"),
        Debug = values.ContainsKey("--debug"),
        Json = values.GetValueOrDefault("--format") == "json",
    };

    /// <summary>One pass over arguments for one set of options.</summary>
    private sealed class OptionScanner
    {
        private readonly IReadOnlyList<OptionSpec> _options;
        private readonly IReadOnlyList<string> _args;

        public OptionScanner(IReadOnlyList<OptionSpec> options, IReadOnlyList<string> args, bool stopAtFirstArgument)
        {
            _options = options;
            _args = args;
            Scan(stopAtFirstArgument);
        }

        public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

        public List<string> Arguments { get; } = [];

        /// <summary>Options that nobody knows; reported after everything else, as Barman does.</summary>
        public List<string> Unrecognized { get; } = [];

        /// <summary>Index of the first argument that was not consumed.</summary>
        public int Next { get; private set; }

        public string? Problem { get; private set; }

        private void Scan(bool stopAtFirstArgument)
        {
            while (Next < _args.Count && Problem is null)
            {
                var arg = _args[Next];
                if (arg.Length < 2 || arg[0] != '-')
                {
                    if (stopAtFirstArgument)
                        return;
                    Arguments.Add(arg);
                    Next++;
                }
                else if (arg == "--")
                {
                    Next++;
                    if (stopAtFirstArgument)
                        return;
                    Arguments.AddRange(_args.Skip(Next));
                    Next = _args.Count;
                }
                else
                {
                    Next++;
                    TakeOption(arg, stopAtFirstArgument);
                }
            }
        }

        private void TakeOption(string arg, bool global)
        {
            if (arg.StartsWith("--", StringComparison.Ordinal))
                TakeLong(arg, global);
            else
                TakeShort(arg, global);
        }

        private void TakeLong(string arg, bool global)
        {
            var equals = arg.IndexOf('=');
            var name = equals < 0 ? arg : arg[..equals];
            var matches = Matches(name);
            if (matches.Count > 1)
            {
                Problem = $"ambiguous option: {name} could match {string.Join(", ", matches.Select(match => match.Name))}";
                return;
            }

            if (matches.Count == 0)
            {
                Refuse(arg, global);
                return;
            }

            var option = matches[0].Option;
            if (option.Argument == OptionArgument.None && equals >= 0)
                Problem = $"argument {Slashed(option)}: ignored explicit argument '{arg[(equals + 1)..]}'";
            else
                Store(option, equals < 0 ? null : arg[(equals + 1)..]);
        }

        private void TakeShort(string arg, bool global)
        {
            for (var i = 1; i < arg.Length && Problem is null; i++)
            {
                var name = $"-{arg[i]}";
                if (_options.FirstOrDefault(candidate => candidate.Names.Contains(name, StringComparer.Ordinal)) is not { } option)
                {
                    Refuse(arg, global);
                    return;
                }

                if (option.Argument != OptionArgument.None)
                {
                    var rest = arg[(i + 1)..];
                    Store(option, rest.Length == 0 ? null : rest.TrimStart('='));
                    return;
                }

                Store(option, null);
            }
        }

        /// <summary>An unknown option before the command leaves the command unknown too, so it ends the scan at once.</summary>
        private void Refuse(string arg, bool global)
        {
            if (global)
                Problem = $"unrecognized arguments: {arg}";
            else
                Unrecognized.Add(arg);
        }

        private bool NextIsValue => Next < _args.Count && (_args[Next].Length < 2 || _args[Next][0] != '-');

        private void Store(OptionSpec option, string? value)
        {
            if (option.Argument == OptionArgument.Required && value is null)
            {
                if (!NextIsValue)
                {
                    Problem = $"argument {Slashed(option)}: expected one argument";
                    return;
                }

                value = _args[Next++];
            }
            else if (
                option.Argument == OptionArgument.Optional
                    && value is null
                    && NextIsValue
                    && option.Choices.Contains(_args[Next], StringComparer.Ordinal))
            {
                value = _args[Next++];
            }

            var omitted = value is null;
            value ??= "";
            if (!omitted && option.Choices.Count > 0 && !option.Choices.Contains(value, StringComparer.Ordinal))
                Problem =
                    $"argument {Slashed(option)}: invalid choice: '{value}' (choose from "
                    + $"{string.Join(", ", option.Choices.Select(c => $"'{c}'"))})";
            else if (option.IsCount && !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                Problem = $"argument {Slashed(option)}: '{value}' is not a valid non negative integer";
            if (Problem is null && option.Excludes is { } other && Values.ContainsKey(other))
                Problem = $"argument {Slashed(option)}: not allowed with argument {other}";
            else if (Problem is null)
                Values[option.Key] = value;
        }

        private List<(string Name, OptionSpec Option)> Matches(string name)
        {
            var candidates = _options.SelectMany(option => option.Names.Select(spelling => (Name: spelling, Option: option))).ToList();
            var exact = candidates.Where(candidate => candidate.Name == name).ToList();
            if (exact.Count > 0)
                return exact;
            return candidates
                .Where(candidate => candidate.Name.StartsWith(name, StringComparison.Ordinal))
                .DistinctBy(candidate => candidate.Option.Key, StringComparer.Ordinal)
                .ToList();
        }

        private static string Slashed(OptionSpec option) => string.Join('/', option.Names);
    }
}
