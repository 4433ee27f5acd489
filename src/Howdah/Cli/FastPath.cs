using System.Text;

namespace Howdah.Cli;

/// <summary>
/// Calls that are answered without the command tree, so that they start in a few milliseconds, and programs that this binary
/// is under another name.
/// </summary>
internal static class FastPath
{
    /// <summary>The exit code, or null when the call is an ordinary one.</summary>
    /// <param name="called">The name that the process was started by: a symbolic link gives the binary another one.</param>
    /// <param name="args">Its arguments.</param>
    public static int? TryRun(string called, string[] args)
    {
        if (OtherPrograms.Find(called) is { } program)
            return program.Run(args);
        if (args.Length > 0 && OtherPrograms.Find(args[0]) is { } inner)
            return inner.Run(args[1..]);
        return args switch
        {
            ["--version"] => Print(ProductVersion.Line + "\n"),
            ["wal", "fetch", ..] => Commands.WalFetchCommand.TryRun(args.AsSpan(2)),
            _ => null,
        };
    }

    private static int Print(string text)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(text));
        return 0;
    }
}
