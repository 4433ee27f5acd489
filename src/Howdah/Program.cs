using Howdah.Cli;

namespace Howdah;

internal static class Program
{
    /// <remarks>
    /// What PostgreSQL calls for every WAL file, and what scripts call often, is answered before the command tree is built:
    /// see <see cref="FastPath"/>.
    /// </remarks>
    private static int Main(string[] args)
    {
        var called = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        return FastPath.TryRun(called, args) ?? CommandLine.Run(args, CliHost.OfProcess());
    }
}
