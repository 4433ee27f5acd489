using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>Asks the person at the terminal.</summary>
internal static class Confirmation
{
    /// <returns>The answer, without blanks around it; null where there is none.</returns>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: nobody can be asked.</exception>
    public static string? Ask(Invocation run, string question)
    {
        if (!run.Host.InIsTerminal)
            throw new OperationException(
                ErrorCodes.Refused, "this needs a yes, and nobody can be asked here: standard input is no terminal", "say --yes");
        run.Host.Error.Write(question);
        run.Host.Error.Flush();
        return run.Host.In.Value.ReadLine()?.Trim();
    }
}
