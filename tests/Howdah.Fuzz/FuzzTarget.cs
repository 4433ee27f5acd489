using Howdah.Core.Errors;

namespace Howdah.Fuzz;

/// <summary>One parser: what it is fed, and examples that it takes.</summary>
/// <param name="Name">In small letters, for the command line.</param>
/// <param name="Examples">Valid inputs; everything else grows out of them.</param>
/// <param name="Parse">Returns, or throws what <see cref="IsAnswer"/> allows.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Examples, Action<byte[]> Parse)
{
    /// <summary>The parsers' contract: an error that says what is wrong and where. All else is a bug, an invariant most of all.</summary>
    public static bool IsAnswer(Exception exception) => exception is OperationException or FormatException;
}
