using Howdah.Core.Errors;

namespace Howdah.Postgres.Settings;

/// <summary>One line of a postgresql.conf: blank or comment (no name, no include), a setting, or an include.</summary>
internal sealed record ConfLine(string Text)
{
    public string? Name { get; private init; }

    public string? Value { get; private init; }

    public ConfIncludeKind? Include { get; private init; }

    private int ValueStart { get; init; }

    private int ValueLength { get; init; }

    public static ConfLine Parse(string text, string fileName, int number)
    {
        var name = ConfScanner.Next(text, 0);
        if (name.Kind == ConfTokenKind.EndOfLine)
            return new ConfLine(text);
        if (name.Kind is not (ConfTokenKind.Identifier or ConfTokenKind.QualifiedIdentifier))
            throw Error(text, name, fileName, number, "the name of a setting");
        var value = ConfScanner.Next(text, name.End);
        if (value.Kind == ConfTokenKind.Equals)
            value = ConfScanner.Next(text, value.End);
        if (!IsValue(value.Kind))
            throw Error(text, value, fileName, number, "a value; anything but one word or number needs single quotes");
        var end = ConfScanner.Next(text, value.End);
        if (end.Kind != ConfTokenKind.EndOfLine)
            throw Error(text, end, fileName, number, "the end of the line");
        var written = name.In(text).ToString();
        var include = IncludeKindOf(written);
        return new ConfLine(text)
        {
            Name = include is null ? written : null,
            Value = value.Kind == ConfTokenKind.QuotedString ? ConfValue.Unquote(value.In(text)) : value.In(text).ToString(),
            Include = include,
            ValueStart = value.Start,
            ValueLength = value.Length,
        };
    }

    public static ConfLine Of(string name, string value, string? comment)
    {
        var text = $"{name} = {ConfValue.Quote(value)}";
        return Parse(comment is null ? text : $"{text}  # {comment.ReplaceLineEndings(" ")}", "postgresql.conf", 1);
    }

    public static ConfLine OfInclude(ConfIncludeKind kind, string path)
    {
        var word =
            kind switch { ConfIncludeKind.File => "include", ConfIncludeKind.FileIfExists => "include_if_exists", _ => "include_dir" };
        return Parse($"{word} '{ConfValue.Quote(path).Trim('\'')}'", "postgresql.conf", 1);
    }

    public ConfLine WithValue(string value)
    {
        var quoted = ConfValue.Quote(value);
        return this with
        {
            Text = string.Concat(Text.AsSpan(0, ValueStart), quoted, Text.AsSpan(ValueStart + ValueLength)),
            Value = value,
            ValueLength = quoted.Length,
        };
    }

    public bool Sets(string name) => string.Equals(Name, name, StringComparison.OrdinalIgnoreCase);

    /// <summary>True for <c>#name = …</c>, the form in which initdb's sample shows a default.</summary>
    public bool IsCommentedOut(string name)
    {
        if (Name is not null || Include is not null)
            return false;
        var text = Text.AsSpan().TrimStart();
        if (text.IsEmpty || text[0] != '#')
            return false;
        text = text[1..].TrimStart();
        return text.StartsWith(name, StringComparison.OrdinalIgnoreCase)
            && text[name.Length..].TrimStart().StartsWith("=", StringComparison.Ordinal);
    }

    private static bool IsValue(ConfTokenKind kind) => kind is ConfTokenKind.Identifier or ConfTokenKind.QuotedString
        or ConfTokenKind.UnquotedString or ConfTokenKind.Integer or ConfTokenKind.Real;

    private static ConfIncludeKind? IncludeKindOf(string name)
    {
        if (name.Equals("include", StringComparison.OrdinalIgnoreCase))
            return ConfIncludeKind.File;
        if (name.Equals("include_if_exists", StringComparison.OrdinalIgnoreCase))
            return ConfIncludeKind.FileIfExists;
        return name.Equals("include_dir", StringComparison.OrdinalIgnoreCase) ? ConfIncludeKind.Directory : null;
    }

    private static OperationException Error(string text, ConfToken token, string fileName, int number, string expected)
    {
        var seen = token.Kind == ConfTokenKind.EndOfLine ? "the line ends" : $"\"{Excerpt(text, token.Start)}\" stands";
        return new OperationException(
            ErrorCodes.SettingsFileInvalid,
            $"{fileName} line {number}, column {token.Start + 1}: {seen} where {expected} was expected");
    }

    private static string Excerpt(string text, int start) =>
        text.Length - start <= 24 ? text[start..] : string.Concat(text.AsSpan(start, 24), "…");
}
