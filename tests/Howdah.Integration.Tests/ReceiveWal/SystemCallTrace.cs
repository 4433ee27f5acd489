using System.Globalization;
using System.Text.RegularExpressions;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>When something happened to a system call.</summary>
internal enum CallMoment
{
    Begun,
    Ended,
}

/// <summary>One end of one system call; the result is of <see cref="CallMoment.Ended"/> only.</summary>
/// <param name="Thread">Who made it.</param>
/// <param name="Name">Which.</param>
/// <param name="Arguments">As strace writes them, but for strings: these are readable where they are paths, else hexadecimal.</param>
/// <param name="Moment">Its beginning or its end.</param>
/// <param name="Result">What it returned; -1 for an error.</param>
internal sealed record TracedCall(int Thread, string Name, string Arguments, CallMoment Moment, long Result);

/// <summary>What strace saw of a process, in the order in which it happened.</summary>
internal static partial class SystemCallTrace
{
    /// <summary>So much is shown of what a call writes.</summary>
    public const int StringBytes = 48;

    /// <summary>Skips the running test on a machine without strace, and fails it in CI.</summary>
    public static void Require()
    {
        if (!File.Exists("/usr/bin/strace"))
            TestEnvironment.SkipUnlessCi("strace is missing: apt install strace");
    }

    /// <summary>The command that traces these calls into a file, with the first bytes of what they write.</summary>
    public static string[] Command(string file, string calls, params string[] options) =>
        ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", $"{StringBytes}", "-o", file, "-e", $"trace={calls}", .. options];

    public static IEnumerable<TracedCall> Read(IEnumerable<string> lines)
    {
        var begun = new Dictionary<int, TracedCall>();
        foreach (var line in lines)
        {
            if (Whole().Match(line) is { Success: true } whole)
            {
                var call = Begin(whole);
                yield return call;
                yield return End(call, whole);
            }
            else if (Unfinished().Match(line) is { Success: true } unfinished)
            {
                var call = Begin(unfinished);
                begun[call.Thread] = call;
                yield return call;
            }
            else if (Resumed().Match(line) is { Success: true } resumed && begun.Remove(ThreadOf(resumed), out var call))
            {
                yield return End(call, resumed);
            }
        }
    }

    private static TracedCall Begin(Match match) =>
        new(ThreadOf(match), match.Groups["name"].Value, match.Groups["arguments"].Value, CallMoment.Begun, 0);

    private static TracedCall End(TracedCall call, Match match) => call with
    {
        Moment = CallMoment.Ended,
        Result = long.Parse(match.Groups["result"].Value, CultureInfo.InvariantCulture),
    };

    private static int ThreadOf(Match match) => int.Parse(match.Groups["thread"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\((?<arguments>.*)\) += (?<result>-?\d+)")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\((?<arguments>.*) <unfinished \.\.\.>$")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^(?<thread>\d+) +<\.\.\. \w+ resumed>.*\) += (?<result>-?\d+)")]
    private static partial Regex Resumed();
}
