using Howdah.Core.Errors;

namespace Howdah.Daemon;

/// <summary>
/// Which of our own commands other hosts may have carried out here. Each is written as one types it: its words, which must come first
/// and exactly so, and then options that must be there (<c>restore --plan</c>) or, behind a '!', must not (<c>drill !--scratch</c>).
/// </summary>
internal sealed class AllowedCommands
{
    /// <summary>A command line of ours has a dozen; more is not looked at.</summary>
    private const int MostArguments = 64;

    /// <summary>A path is the longest thing in one.</summary>
    private const int LongestArgument = 4096;

    private const string Barman = "barman";

    /// <summary>Barman's own options before its commands, as <see cref="Cli.Forwarding.BarmanArguments"/> writes them: no other
    /// spelling, for one of them names a cluster file.</summary>
    private static readonly HashSet<string> BarmanGlobal = new(StringComparer.Ordinal)
    {
        "--quiet", "--debug", "--format=console", "--format=json", "--color=never", "--color=always",
    };

    private readonly IReadOnlyList<Rule> _rules;

    /// <param name="commands">For example <c>status</c>, <c>wal list</c>, <c>restore --plan</c>.</param>
    public AllowedCommands(params IEnumerable<string> commands) => _rules = [.. commands.Select(Rule.Parse)];

    /// <summary>The arguments that the program is to be started with: those of the caller, and our own cluster file.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.AgentRefused"/></exception>
    public IReadOnlyList<string> Complete(IReadOnlyList<string> arguments, string clusterFile)
    {
        if (arguments.Count is 0 or > MostArguments)
            throw Refused($"a command line has 1 to {MostArguments} arguments, this one has {arguments.Count}");
        if (arguments.Any(argument => argument.Length > LongestArgument || argument.Contains('\0')))
            throw Refused($"an argument has more than {LongestArgument} characters, or a zero byte");
        // The file is ours to choose. Behind "--" options are arguments, and what an option allows would not hold.
        if (arguments.Any(argument => argument is "--" || Is("--config", argument)))
            throw Refused("it names a cluster file of its own, or has '--' in it");
        if (!_rules.Any(rule => rule.Allows(arguments)))
            throw Refused($"'{Shown(arguments)}' is not one of the commands that are carried out for other hosts");
        // Barman's grammar has its own options before its commands; ours takes this one anywhere.
        return arguments[0] == Barman
            ? [Barman, "--config", clusterFile, .. arguments.Skip(1)]
            : ["--config", clusterFile, .. arguments];
    }

    /// <summary>For the log: the command, without what follows it.</summary>
    public static string Shown(IReadOnlyList<string> arguments)
    {
        var words = string.Join(' ', arguments.TakeWhile(argument => !argument.StartsWith('-')).Take(3));
        return words.Length <= 64 ? words : words[..64] + "…";
    }

    private static bool Is(string option, string argument) =>
        argument.StartsWith(option, StringComparison.Ordinal)
        && (argument.Length == option.Length || argument[option.Length] is '=' or ':');

    private static OperationException Refused(string seen) => new(
        ErrorCodes.AgentRefused, $"a command for this host: {seen}", "run it on the host itself");

    private sealed record Rule(IReadOnlyList<string> Words, IReadOnlyList<string> Options, IReadOnlyList<string> Banned)
    {
        public static Rule Parse(string command)
        {
            var parts = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var words = parts.TakeWhile(part => part[0] is not ('-' or '!')).ToList();
            var banned = parts.Where(part => part[0] == '!').Select(part => part[1..]).ToList();
            var options = parts.Skip(words.Count).Where(part => part[0] != '!').ToList();
            Invariant.Check(
                words.Count > 0 && options.Concat(banned).All(option => option.StartsWith("--", StringComparison.Ordinal)));
            return new Rule(words, options, banned);
        }

        public bool Allows(IReadOnlyList<string> arguments) =>
            arguments.Take(Words.Count).SequenceEqual(Words, StringComparer.Ordinal)
            && (Words is not [Barman] || arguments.Skip(1).TakeWhile(argument => argument.StartsWith('-')).All(BarmanGlobal.Contains))
            && Options.All(option => Has(arguments, option))
            && !Banned.Any(option => arguments.Any(argument => Is(option, argument)));

        /// <summary>
        /// Once, plainly, with no value behind it (<c>--plan false</c> is no plan), and itself no value of an option before it
        /// (<c>--to --plan</c> names a directory).
        /// </summary>
        private static bool Has(IReadOnlyList<string> arguments, string option)
        {
            var found = Enumerable.Range(0, arguments.Count).Where(i => Is(option, arguments[i])).ToList();
            return found is [var only]
                && arguments[only].Length == option.Length
                && only > 0 && !arguments[only - 1].StartsWith('-')
                && (only == arguments.Count - 1 || !bool.TryParse(arguments[only + 1], out _));
        }
    }
}
