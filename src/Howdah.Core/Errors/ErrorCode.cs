namespace Howdah.Core.Errors;

/// <summary>
/// One kind of operating error: a number and a name that never change, the exit code of its class, and whether the same
/// call may succeed later without anyone acting. All of them are in <see cref="ErrorCodes"/>; <c>docs/errors.md</c> is made from it.
/// </summary>
public sealed record ErrorCode(int Number, string Name, ExitCode Exit, bool MayRetry, string Meaning)
{
    public override string ToString() => $"[{Number:000}] {Name}";
}
