using System.Text.RegularExpressions;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>A kill that happened.</summary>
/// <param name="Boundary">What the command had just told: <c>start TEXT</c> or <c>end TEXT</c> of a step.</param>
/// <param name="Intent">The text of the step that it had written down as begun and not as done; null where there was none.</param>
internal sealed record Kill(string Boundary, string? Intent);

/// <summary>
/// A command of howdah that is killed as soon as it tells of the start or the end of a step at which none before it was killed, and run
/// again, until one goes through. It dies at that boundary or a moment later: where exactly is in the intent that it leaves behind.
/// </summary>
internal sealed class KilledCommand(Lab lab, params string[] arguments)
{
    private const int KilledBySignal9 = 137;

    /// <summary>A run kills itself no more than once, and a plan has some fifteen steps of two boundaries.</summary>
    private const int MostRuns = 60;

    /// <summary>A step whose end is told with the time that it took.</summary>
    private static readonly Regex End = new(@"^✓ (?<text>.*?)( \([\d.]+ (s|min \d+ s)\))?$", RegexOptions.ExplicitCapture);

    /// <summary>With --verbose: the step and why it is needed.</summary>
    private static readonly Regex Start = new(@"^(?<text>[a-z].*) \([^()]*\)$", RegexOptions.ExplicitCapture);

    private readonly List<Kill> _kills = [];

    /// <summary>Kill at the ends of steps only.</summary>
    public bool IsAtEndsOnly { get; init; }

    /// <summary>Called after each kill, while nothing of the command runs.</summary>
    public Action<Kill> AfterKill { get; init; } = _ => { };

    /// <summary>Where it was killed, in order.</summary>
    public IReadOnlyList<string> Boundaries => [.. _kills.Select(kill => kill.Boundary)];

    /// <summary>Until a run ends by itself with exit code 0, or says that the cluster is up; that one is killed, too.</summary>
    public async Task RunAsync()
    {
        for (var run = 0; run < MostRuns; run++)
        {
            if (await RunOnceAsync()) return;
        }

        Assert.Fail($"no end after {MostRuns} runs: {string.Join("\n", _kills)}");
    }

    /// <summary>
    /// Each died where it was to: at the end of a step with its intent gone, at the start of one without that of another; the latter of
    /// steps that take longer than a kill takes to arrive.
    /// </summary>
    public void AssertAtBoundaries(IReadOnlyList<string> longSteps)
    {
        Assert.All(_kills, kill => Assert.NotEqual(kill.Boundary, $"end {kill.Intent}"));
        foreach (var step in longSteps)
            Assert.All(_kills.Where(kill => kill.Boundary == $"start {step}"), kill => Assert.Equal(step, kill.Intent ?? step));
    }

    /// <returns>It went through.</returns>
    private async Task<bool> RunOnceAsync()
    {
        using var process = TestCommand.Start([HowdahBinary.Path, .. arguments, "--verbose"], lab.Environment());
        var said = new List<string>();
        string? boundary = null;
        while (await process.StandardError.ReadLineAsync(TestEnvironment.Stop).AsTask().WaitAsync(TestCommand.Deadline) is { } line)
        {
            said.Add(line);
            boundary = BoundaryIn(line);
            if (boundary is null && !line.Contains(" is up", StringComparison.Ordinal)) continue;
            ProcessTree.Signal(process.Id, ProcessTree.SigKill);
            break;
        }

        await process.WaitForExitAsync(TestEnvironment.Stop);
        // The last end of a command is told a moment before it ends by itself.
        if (process.ExitCode == 0) return true;
        Assert.True(process.ExitCode == KilledBySignal9, $"exit code {process.ExitCode}\n{string.Join('\n', said)}");
        if (boundary is null) return true;
        _kills.Add(new Kill(boundary, lab.ReadIntent()));
        TestContext.Current.TestOutputHelper?.WriteLine($"killed: {_kills[^1]}");
        AfterKill(_kills[^1]);
        return false;
    }

    /// <summary>The boundary that a line tells of, where it is a new one.</summary>
    private string? BoundaryIn(string line)
    {
        var boundary = End.Match(line) is { Success: true } end ? $"end {end.Groups["text"].Value}"
            : Start.Match(line) is { Success: true } start && !IsAtEndsOnly ? $"start {start.Groups["text"].Value}"
            : null;
        return boundary is null || Boundaries.Contains(boundary) ? null : boundary;
    }
}
