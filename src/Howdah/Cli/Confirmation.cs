using Howdah.Core.Errors;

namespace Howdah.Cli;

/// <summary>Asks the person at the terminal.</summary>
internal static class Confirmation
{
    /// <summary>True where the answer is the one that is wanted.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: nobody can be asked.</exception>
    public static bool Asks(Invocation run, string question, string wanted)
    {
        if (!run.Host.InIsTerminal)
            throw new OperationException(
                ErrorCodes.Refused, "this needs a yes, and nobody can be asked here: standard input is no terminal", "say --yes");
        run.Host.Error.Write(question);
        run.Host.Error.Flush();
        return string.Equals(run.Host.In.Value.ReadLine()?.Trim(), wanted, StringComparison.OrdinalIgnoreCase);
    }
}
