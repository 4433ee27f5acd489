namespace Howdah.Core.Errors;

/// <summary>
/// One kind of operating error: a number and a name that never change, the exit code of its class, and whether the same
/// call may succeed later without anyone acting, what it means, and what to do about it in general; each error has a hint of its own where
/// more is known. All of them are in <see cref="ErrorCodes"/>; <c>docs/errors.md</c> is made from it.
/// </summary>
public sealed record ErrorCode(int Number, string Name, ExitCode Exit, bool MayRetry, string Meaning, string Remedy)
{
    public override string ToString() => $"[{Number:000}] {Name}";
}
