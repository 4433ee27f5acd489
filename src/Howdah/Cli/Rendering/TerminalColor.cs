namespace Howdah.Cli.Rendering;

/// <summary>Whether to write colours (no-color.org, bixense.com/clicolors).</summary>
internal static class TerminalColor
{
    public static bool Decide(string? option, bool isTerminal, Func<string, string?> environment) =>
        option switch
        {
            "always" => true,
            "never" => false,
            _ when environment("NO_COLOR") is { Length: > 0 } => false,
            _ when environment("CLICOLOR_FORCE") is { Length: > 0 } force && force != "0" => true,
            _ => isTerminal && environment("TERM") != "dumb",
        };
}
