using Howdah.Cli.Commands;

namespace Howdah.Cli;

/// <summary>What follows <c>psql</c> belongs to psql, options too: <c>--</c> tells the parser so.</summary>
internal static class PassThrough
{
    public static IReadOnlyList<string> Mark(string[] args)
    {
        var at = Array.IndexOf(args, PsqlCommand.Name);
        return at < 0 || !IsCommand(args.AsSpan(0, at)) || args[(at + 1)..] is ["--help"]
            ? args
            : [.. args[..(at + 1)], "--", .. args[(at + 1)..]];
    }

    /// <summary>Only options of every command precede it; two of them take a value.</summary>
    private static bool IsCommand(ReadOnlySpan<string> before)
    {
        for (var i = 0; i < before.Length; i++)
        {
            if (before[i] is "--config" or "--color")
                i++;
            else if (!before[i].StartsWith('-'))
                return false;
        }

        return true;
    }
}
