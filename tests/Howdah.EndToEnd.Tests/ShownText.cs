using System.Text.RegularExpressions;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>
/// What a lab prints, with everything that differs from run to run replaced by a word: times, durations, process ids, places, positions.
/// </summary>
internal static class ShownText
{
    private static readonly (Regex Pattern, string Word)[] Changing =
    [
        (new(@"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "TIME"),
        (new(@"""\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)"""), "\"TIME\""),
        (new(@"\b\d+(\.\d)? s\b|\b\d+ min \d+ s\b|\b\d+ h \d+ min\b|\b\d+ d\b"), "SPAN"),
        (new(@"\bprocess \d+"), "process PID"),
        (new(@"(?<=""supervisor_process_id"": )\d+"), "PID"),
        (new(@"(?<=""(last_drill_seconds|seconds_to_trouble|safe_wal_bytes|disk_free_bytes)"": )[0-9.E+]+"), "NUMBER"),
        (new(@"(?<="": "")[0-9A-F]+/[0-9A-F]+(?="")"), "LSN"),
        (new(@" {2,}"), "  "),
    ];

    public static string Of(Lab lab, string text)
    {
        text = text
            .Replace($"{lab.PrimaryAddress}:{lab.Port}", "MASTER", StringComparison.Ordinal)
            .Replace($"{lab.StandbyAddress}:{lab.Port}", "SLAVE", StringComparison.Ordinal)
            .Replace($"\"{lab.PrimaryAddress}\"", "MASTER", StringComparison.Ordinal)
            .Replace($"\"{lab.StandbyAddress}\"", "SLAVE", StringComparison.Ordinal)
            .Replace($"\"port\": {lab.Port}", "\"port\": PORT", StringComparison.Ordinal);
        text = Regex.Replace(text, $@"\b{lab.Options.Major}\.\d+(?=\W)", "VERSION");
        return Changing.Aggregate(text, (shown, change) => change.Pattern.Replace(shown, change.Word));
    }

    /// <summary>Waits until a command prints that; where it never does, tells what it prints instead.</summary>
    public static async Task AssertPrintsAsync(Lab lab, int exitCode, string expected, params string[] arguments)
    {
        var deadline = TimeSpan.FromSeconds(20);
        var result = await lab.TryHowdahAsync(arguments);
        try
        {
            await TestWait.UntilAsync(
                "it is printed",
                async () =>
                {
                    result = await lab.TryHowdahAsync(arguments);
                    return result.ExitCode == exitCode && Of(lab, result.Output) == expected;
                },
                deadline);
        }
        catch (TimeoutException)
        {
            // Not by Assert.Equal, which shows a part of each.
            var shown = $"{Of(lab, result.Output)}{result.Error}";
            Assert.Fail($"expected: exit code {exitCode}\n{expected}\nbut: exit code {result.ExitCode}\n{shown}");
        }
    }
}
