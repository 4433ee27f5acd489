using System.CommandLine;

namespace Howdah.Cli;

/// <summary>Options that every command takes, and <c>--json</c>, which those take that print data.</summary>
internal static class GlobalOptions
{
    public static Option<string?> Config { get; } =
        new("--config")
        {
            Description = "the cluster file; default: $HOWDAH_CONFIG, ./howdah.toml, /etc/howdah/howdah.toml, or the only cluster there is",
            HelpName = "FILE",
            Recursive = true,
        };

    public static Option<string> Color { get; } =
        new Option<string>("--color")
        {
            Description = "auto, always or never; auto honours NO_COLOR and CLICOLOR_FORCE",
            HelpName = "WHEN",
            Recursive = true,
            DefaultValueFactory = _ => "auto",
        }.AcceptOnlyFromAmong("auto", "always", "never");

    public static Option<bool> Quiet { get; } =
        new("--quiet", "-q") { Description = "no progress and no remarks, only results and errors", Recursive = true };

    public static Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "tell every step", Recursive = true };

    public static Option<bool> Json { get; } = new("--json") { Description = "print the result, and an error, as JSON" };
}
