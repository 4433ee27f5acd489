using System.Text.Json.Nodes;

namespace Howdah.Barman.Output;

/// <summary>
/// Where a command reports: lines at once on the console, or one JSON document at the end. Also knows whether an error was reported,
/// which decides the exit code. Used by one thread at a time.
/// </summary>
internal abstract class BarmanOutput
{
    /// <summary>True once an error or a failed check was reported: the process ends with 1.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>A message of the command's progress.</summary>
    public abstract void Info(string message);

    public abstract void Warning(string message);

    /// <summary>A message for <c>--debug</c>.</summary>
    public abstract void Debug(string message);

    /// <summary>A result: lines for the console, and what stands for them in the JSON document.</summary>
    /// <param name="lines">Lines for the console; <see cref="StatusWords"/> decides the colours.</param>
    /// <param name="json">Members that are merged into the document's top level.</param>
    public abstract void Result(IEnumerable<string> lines, JsonObject json);

    /// <summary>Text that is printed as it is in both formats (Nagios).</summary>
    public abstract void Raw(string text);

    /// <summary>Prints what was held back.</summary>
    public abstract void Complete();

    public void Error(string message)
    {
        Fail();
        ShowError(message);
    }

    /// <summary>Makes the process end with 1 without a message.</summary>
    public void Fail() => HasFailed = true;

    protected abstract void ShowError(string message);
}
