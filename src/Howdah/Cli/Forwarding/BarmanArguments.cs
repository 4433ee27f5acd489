namespace Howdah.Cli.Forwarding;

/// <summary>Barman's command line for another host: its options before the command in the one spelling that is taken there.</summary>
internal static class BarmanArguments
{
    public static IReadOnlyList<string> Of(Barman.BarmanRequest request) =>
    [
        "barman",
        .. request.IsQuiet ? ["--quiet"] : Array.Empty<string>(),
        .. request.IsDebug ? ["--debug"] : Array.Empty<string>(),
        request.IsJson ? "--format=json" : "--format=console",
        request.HasColor ? "--color=always" : "--color=never",
        .. request.Command,
    ];
}
