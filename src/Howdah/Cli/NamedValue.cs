using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>An option's value that is two: a name, an equals sign and what it stands for.</summary>
internal static class NamedValue
{
    /// <param name="text">What was given.</param>
    /// <param name="option">The option that it was given to.</param>
    /// <param name="form">How help shows the value: <c>NAME=DIR</c>.</param>
    /// <param name="example">One that is right.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.UsageInvalid"/>: either part is missing.</exception>
    public static (string Name, string Value) Split(string text, string option, string form, string example) =>
        text.IndexOf('=', StringComparison.Ordinal) is var at && at > 0 && at < text.Length - 1
            ? (text[..at], text[(at + 1)..])
            : throw new OperationException(
                ErrorCodes.UsageInvalid, $"{option} '{text}' is not {form}", $"for example {option} {example}");
}
