using System.Text.RegularExpressions;
using Howdah.Core.Errors;

namespace Howdah.Fuzz;

/// <summary>One parser: what it is fed, and examples that it takes.</summary>
/// <param name="Name">In small letters, for the command line.</param>
/// <param name="Examples">Valid inputs; everything else grows out of them.</param>
/// <param name="Parse">Returns, or throws what <see cref="FindProblem"/> allows.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Examples, Action<byte[]> Parse)
{
    /// <summary>A number with what it counts, a place or what is missing in JSON as .NET tells it, a place in the WAL, a column by its
    /// name.</summary>
    private static readonly Regex Position = new(
        @"\b(line|column|byte|offset|position|character|field|entry|archive) \d+|\b\d+ (bytes|archives|start positions)\b"
        + @"|LineNumber: \d+|properties including|format version -?\d+|\b[0-9A-F]{1,8}/[0-9A-F]{1,8}\b|\bcolumn \w+");

    /// <summary>So short, or of so few parts, that an error tells the place by naming the part.</summary>
    public bool HasNamedParts { get; init; }

    /// <summary>What of an exception breaks the parsers' contract, which is an error that says what is wrong and where; null where nothing
    /// does. All else is a bug, an invariant most of all.</summary>
    public string? FindProblem(Exception exception) =>
        exception is not (OperationException or FormatException) ? exception.ToString()
        : HasNamedParts || Position.IsMatch(exception.Message) ? null
        : $"names no position: {exception}";
}
