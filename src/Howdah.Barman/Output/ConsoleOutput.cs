using System.Text.Json.Nodes;

namespace Howdah.Barman.Output;

/// <summary>Lines: results and progress on standard output, warnings and errors on standard error.</summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="colors">True to colour.</param>
/// <param name="quiet">True to print warnings and errors only.</param>
/// <param name="debug">True to print debug messages.</param>
internal sealed class ConsoleOutput(TextWriter output, TextWriter error, bool colors, bool quiet, bool debug) : BarmanOutput
{
    private const string Red = "\x1b[31m";
    private const string Yellow = "\x1b[33m";

    public override void Info(string message)
    {
        if (quiet)
            return;
        output.WriteLine(message);
        output.Flush();
    }

    public override void Warning(string message) => WriteError(Yellow, $"WARNING: {message}");

    public override void Debug(string message)
    {
        if (debug)
            error.WriteLine($"DEBUG: {message}");
    }

    public override void Result(IEnumerable<string> lines, JsonObject json)
    {
        if (quiet)
            return;
        foreach (var line in lines)
            output.WriteLine(colors ? StatusWords.Paint(line) : line);
        output.Flush();
    }

    public override void Raw(string text)
    {
        output.Write(text);
        output.Flush();
    }

    public override void Complete() => output.Flush();

    protected override void ShowError(string message) => WriteError(Red, $"ERROR: {message}");

    private void WriteError(string color, string line)
    {
        output.Flush();
        error.WriteLine(colors ? $"{color}{line}{StatusWords.Reset}" : line);
        error.Flush();
    }
}

/// <summary>Colours the verdict of a check line.</summary>
internal static class StatusWords
{
    public const string Reset = "\x1b[0m";

    public static string Paint(string line)
    {
        var verdict = line.IndexOf(": ", StringComparison.Ordinal) + 2;
        if (!line.StartsWith('\t') || verdict < 2)
            return line;
        var rest = line.AsSpan(verdict);
        if (rest.StartsWith("OK", StringComparison.Ordinal))
            return $"{line[..verdict]}\x1b[32mOK{Reset}{rest[2..]}";
        return rest.StartsWith("FAILED", StringComparison.Ordinal) ? $"{line[..verdict]}\x1b[31mFAILED{Reset}{rest[6..]}" : line;
    }
}
