using System.Text.RegularExpressions;

namespace Howdah.Cluster.Configuration;

/// <summary>
/// What the TOML parser complains of, in words that need no knowledge of parsers: it names its tokens, people see quotes and brackets.
/// </summary>
/// <remarks>The parser (Tomlyn 2.10.2) has no codes, so its complaints are told apart by their words; others are passed on.</remarks>
internal static partial class TomlComplaint
{
    private static readonly (string Said, string Message, string? Suggestion)[] Known =
    [
        ("invalid newline in a string", "the text has no closing quote on its line", "end it with the quote that it begins with"),
        ("found for multi-line string", "the text in triple quotes has no end", "end it with the three quotes that it begins with"),
        ("while expecting `]]`", "the header has no closing ]]", "[[nodes]]"),
        ("while expecting `]`", "the header has no closing ], or more than a name in it", "[cluster]"),
        ("Expecting a closing `]` for an array", "the list that began before has no closing ]", null),
        ("missing a `,`", "there is no comma between two items of the list", "[ \"one\", \"two\" ]"),
        ("Expecting `=` after a key", "there is no = after the key", "key = value"),
        ("while expecting a value", "there is no value after the =", "key = value"),
    ];

    /// <param name="said">What the parser says.</param>
    /// <param name="line">The line of the file that it says it of.</param>
    /// <param name="column">Where in it, from 1 on.</param>
    /// <returns>Lower case, no full stop; and what would be right, or null.</returns>
    public static (string Message, string? Suggestion) Explain(string said, string line, int column)
    {
        foreach (var (words, message, suggestion) in Known)
        {
            if (said.Contains(words, StringComparison.OrdinalIgnoreCase))
                return (message, suggestion);
        }

        if (Escape().Match(said) is { Success: true } escape)
            return (
                $"\\{escape.Groups["char"].Value} has no meaning in a text",
                "write \\\\ for a backslash, or put the text in single quotes");
        if (said.Contains("for a value", StringComparison.Ordinal) || said.Contains("expecting token `newline`", StringComparison.Ordinal))
            return ExplainValue(line, column);
        return Stray().Match(said) is { Success: true } stray
            ? ($"a line cannot begin with {stray.Groups["char"].Value}", "write [section], or key = value")
            : (Sentence(said), null);
    }

    /// <summary>Something follows a value: or it belongs to one that was meant as text and has no quotes.</summary>
    private static (string Message, string? Suggestion) ExplainValue(string line, int column)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var value = equals < 0 ? "" : line[(equals + 1)..].Trim();
        return value.Length > 0 && !"\"'[{".Contains(value[0], StringComparison.Ordinal)
            ? ($"{value} is no value", $"text stands in quotes: \"{value}\"")
            : ($"nothing can follow here: {line[Math.Clamp(column - 1, 0, line.Length)..].Trim()}", "one key = value on a line");
    }

    /// <summary>Our messages start in lower case and end without a full stop.</summary>
    private static string Sentence(string said)
    {
        said = said.Trim().TrimEnd('.');
        return said.Length > 1 && char.IsUpper(said[0]) && char.IsLower(said[1]) ? char.ToLowerInvariant(said[0]) + said[1..] : said;
    }

    [GeneratedRegex(@"escape character \[(?<char>.)\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Escape();

    [GeneratedRegex(@"nexpected token \[(?<char>.+)\] found", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Stray();
}
