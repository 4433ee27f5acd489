namespace Howdah.Barman.CommandLine;

/// <summary>A command line that follows the grammar.</summary>
/// <param name="Global">Options before the command.</param>
/// <param name="Command">The command's first name, also where an alias was typed.</param>
internal sealed record BarmanInvocation(GlobalOptions Global, string Command)
{
    /// <summary>The command's options by their first long spelling; switches have the value "".</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Server names, or server name and backup id.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The command and what follows it, as it was typed.</summary>
    public IReadOnlyList<string> Typed { get; init; } = [];

    public bool Has(string option) => Options.ContainsKey(option);

    public string? Text(string option) => Options.GetValueOrDefault(option);

    /// <summary>A number that the grammar has already checked; null where the option was not given.</summary>
    public int? Count(string option) => Options.TryGetValue(option, out var text) ? int.Parse(text) : null;
}

/// <summary>When output is coloured.</summary>
internal enum ColorMode
{
    Auto,
    Never,
    Always,
}

/// <summary>Barman's global options; they stand before the command.</summary>
internal sealed record GlobalOptions
{
    /// <summary>The cluster file to use; null to look for it.</summary>
    public string? ConfigFile { get; init; }

    public ColorMode Color { get; init; } = ColorMode.Auto;

    public bool Quiet { get; init; }

    public bool Debug { get; init; }

    /// <summary>One JSON document at the end instead of lines.</summary>
    public bool Json { get; init; }
}

/// <summary>What came of reading a command line: an invocation, or a text to print and the exit code to end with.</summary>
/// <param name="Invocation">Null where there is nothing to carry out.</param>
/// <param name="Text">Text to print where there is no invocation; goes to standard error unless <paramref name="ExitCode"/> is 0.</param>
/// <param name="ExitCode">0 for help and version, 2 for a command line that does not follow the grammar.</param>
internal sealed record ParsedCommandLine(BarmanInvocation? Invocation, string Text, int ExitCode)
{
    public const int UsageError = 2;

    public static ParsedCommandLine Run(BarmanInvocation invocation) => new(invocation, "", 0);

    public static ParsedCommandLine Show(string text) => new(null, text, 0);

    public static ParsedCommandLine Refuse(string usage, string program, string problem) =>
        new(null, $"{usage}\n{program}: error: {problem}\n", UsageError);
}
