using System.Text.RegularExpressions;

namespace Howdah.Cli;

/// <summary>What the command-line parser complains of, in words without the names of our types.</summary>
internal static partial class UsageProblem
{
    /// <returns>Lower case, no full stop.</returns>
    public static string Explain(string said)
    {
        if (WrongType().Match(said) is { Success: true } wrong)
            return $"'{wrong.Groups["given"].Value}' is no {Kind(wrong.Groups["type"].Value)}, which {wrong.Groups["name"].Value} takes";
        var message = said.TrimEnd('.');
        return char.ToLowerInvariant(message[0]) + message[1..];
    }

    private static string Kind(string type) => type.Contains("Int", StringComparison.Ordinal) ? "whole number" : "value of the kind";

    [GeneratedRegex(
        "^Cannot parse argument '(?<given>.*)' for (option|command) '(?<name>[^']*)' as expected type '(?<type>.*)'",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WrongType();
}
