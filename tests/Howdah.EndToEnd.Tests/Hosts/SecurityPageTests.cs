using System.Text.RegularExpressions;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests.Hosts;

/// <summary>
/// Every command of docs/security.md, typed on the three hosts that it names, prints just what the page shows. There <c>#</c> is root's
/// prompt, <c>$</c> that of the user postgres, and <c>…</c> stands for what differs from cluster to cluster.
/// </summary>
public sealed class SecurityPageTests
{
    private const string Page = "docs/security.md";

    /// <summary>A command, whose lines but the last end with a backslash, and the lines below that are no command.</summary>
    private static readonly Regex Check = new(
        @"^ {4}(?<host>master|slave|backup|visitor)(?<as>[#$]) (?<command>(?:.*\\\n)*.*)\n(?<output>(?: {4}(?!\w+[#$] ).*\n)*)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture);

    [Fact]
    public async Task Every_command_of_the_page_prints_what_the_page_shows()
    {
        var checks = Check.Matches(await File.ReadAllTextAsync(RepositoryRoot.PathOf(Page)));
        Assert.True(checks.Count >= 15, $"{checks.Count} commands are on the page");
        await using var lab = await HostLab.ProtectedAsync();
        await lab.AddStrangerAsync();
        var wrong = new List<string>();
        foreach (var check in checks.Cast<Match>())
        {
            var shown = Lines(("\n" + check.Groups["output"].Value).Replace("\n    ", "\n", StringComparison.Ordinal));
            var command = check.Groups["command"].Value;
            var printed = Lines((await RunAsync(lab, check.Groups["host"].Value, check.Groups["as"].Value, command)).Output);
            if (shown.Length != printed.Length || !shown.Zip(printed).All(pair => IsAsShown(pair.First, pair.Second)))
                wrong.Add($"{command}\n{string.Join('\n', printed)}\n");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static Task<CommandResult> RunAsync(HostLab lab, string host, string prompt, string command)
    {
        var script = $"export PATH={Path.GetDirectoryName(HowdahBinary.Path)}:$PATH; {{ {command}\n}} 2>&1 || true";
        return host == HostLab.Stranger ? lab.TryStrangerShellAsync(script)
            : prompt == "#" ? lab.TryRootShellAsync(host, script)
            : lab.TryShellAsync(host, script);
    }

    private static bool IsAsShown(string shown, string printed) =>
        Regex.IsMatch(printed, $"^{Regex.Escape(shown).Replace("…", ".+", StringComparison.Ordinal)}$");

    private static string[] Lines(string text) => text.Trim('\n') is { Length: > 0 } lines
        ? [.. lines.Split('\n').Select(line => line.TrimEnd())]
        : [];
}
