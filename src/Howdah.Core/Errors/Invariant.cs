using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Howdah.Core.Errors;

/// <summary>Checks that stay on in the released binary: when one fails, the program itself is wrong and must not go on.</summary>
public static class Invariant
{
    public static void Check(
        [DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string? expression = null)
    {
        if (!condition)
            throw new InvariantViolationException($"invariant violated: {expression}");
    }
}

/// <summary>A bug in Howdah. Never caught except at the top of the process.</summary>
public sealed class InvariantViolationException(string message) : Exception(message);
