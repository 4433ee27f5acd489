namespace Howdah.Barman.CommandLine;

/// <summary>What follows an option on the command line.</summary>
internal enum OptionArgument
{
    /// <summary>Nothing: the option is a switch.</summary>
    None,

    /// <summary>One value, in the next argument or after <c>=</c>.</summary>
    Required,

    /// <summary>One value or none.</summary>
    Optional,
}

/// <summary>One option of Barman's command line.</summary>
/// <param name="Names">All spellings, with their dashes; the first long one names the value.</param>
/// <param name="Argument">What follows it.</param>
/// <param name="Help">One line for <c>--help</c>.</param>
internal sealed record OptionSpec(IReadOnlyList<string> Names, OptionArgument Argument, string Help)
{
    /// <summary>Placeholder of the value in usage texts.</summary>
    public string Placeholder { get; init; } = "";

    /// <summary>The values that are accepted; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>True where the value is a number from 0 up.</summary>
    public bool IsCount { get; init; }

    /// <summary>Names an option that must not be given with this one; null for none.</summary>
    public string? Excludes { get; init; }

    /// <summary>The key under which values are looked up: the first long spelling.</summary>
    public string Key => Names.FirstOrDefault(name => name.StartsWith("--", StringComparison.Ordinal)) ?? Names[0];

    /// <summary>The value as usage texts show it, <c>{a,b}</c> where only some are accepted.</summary>
    public string ShownPlaceholder => Choices.Count > 0 ? $"{{{string.Join(',', Choices)}}}" : Placeholder;
}

/// <summary>One command of Barman's.</summary>
/// <param name="Names">The name and its aliases.</param>
/// <param name="Help">One sentence for <c>--help</c>.</param>
/// <param name="Options">Its own options, without <c>-h</c>.</param>
internal sealed record CommandSpec(IReadOnlyList<string> Names, string Help, IReadOnlyList<OptionSpec> Options)
{
    /// <summary>Names of the positional arguments in order.</summary>
    public IReadOnlyList<string> Positionals { get; init; } = [];

    /// <summary>True where the last positional argument may be given several times.</summary>
    public bool LastRepeats { get; init; }

    public string Name => Names[0];
}
