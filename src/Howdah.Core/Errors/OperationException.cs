namespace Howdah.Core.Errors;

/// <summary>
/// An operating error: something outside the program prevented what was attempted.
/// </summary>
/// <remarks>
/// Message: lower case, no full stop; says what was attempted, on what, and what was seen. Hint: what to do now.
/// Neither ever holds a secret. Programmer errors are not this: see <see cref="Invariant"/>. Findings about data are values.
/// </remarks>
public sealed class OperationException : Exception
{
    public OperationException(ErrorCode code, string message, string? hint = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        Hint = hint;
    }

    public ErrorCode Code { get; }

    /// <summary>What the reader can do; null where the message already says it.</summary>
    public string? Hint { get; }
}
