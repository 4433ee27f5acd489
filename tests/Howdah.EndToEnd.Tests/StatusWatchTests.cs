using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary><c>howdah status --watch</c>, on a terminal and in a pipe.</summary>
[Collection(SharedLab.Collection)]
public sealed class StatusWatchTests(SharedLab shared)
{
    private const string Home = "\e[H";
    private const int Interrupted = 130;
    private const int Terminated = 143;

    [Fact]
    public async Task On_a_terminal_it_draws_over_what_it_drew_until_control_c()
    {
        var lab = await shared.UpAsync();
        await using var watch = TerminalSession.Start(lab, "status --watch");
        await TestWait.UntilAsync("it was drawn three times", () => Count(watch.Screen) >= 3);
        await watch.TypeAsync(TerminalSession.ControlC);
        var end = await watch.EndAsync();

        Assert.Equal(Interrupted, end.ExitCode);
        AssertRestored(end);
        var frames = end.Screen.Split(Home)[1..^1];
        Assert.All(frames, AssertWhole);
        var seen = frames.Select(frame => TerminalSession.Plain(frame).Split('\n')[^2]).ToList();
        Assert.Equal(seen.Count, seen.Distinct().Count());
        // In colours, as status alone has them.
        Assert.Contains("\e[32mProtected since ", frames[0]);
    }

    [Fact]
    public async Task A_terminal_is_left_as_it_was_after_a_signal()
    {
        var lab = await shared.UpAsync();
        await using var watch = TerminalSession.Start(lab, "status --watch");
        await TestWait.UntilAsync("it was drawn", () => Count(watch.Screen) >= 1);
        watch.Signal(ProcessTree.SigTerm);
        var end = await watch.EndAsync();
        Assert.Equal(Terminated, end.ExitCode);
        AssertRestored(end);
    }

    [Fact]
    public async Task In_a_pipe_it_is_one_document_after_the_other()
    {
        var lab = await shared.UpAsync();
        using var watch = TestCommand.Start([HowdahBinary.Path, "status", "--watch", "--json"], lab.Environment());
        var moments = new List<DateTimeOffset>();
        while (moments.Count < 2)
        {
            using var document = JsonDocument.Parse(await ReadDocumentAsync(watch.StandardOutput));
            Assert.Equal(Lab.Name, document.RootElement.GetProperty("cluster").GetString());
            moments.Add(document.RootElement.GetProperty("at").GetDateTimeOffset());
        }

        Assert.True(moments[1] > moments[0]);
        ProcessTree.Signal(watch.Id, ProcessTree.SigTerm);
        await watch.WaitForExitAsync(TestEnvironment.Stop).WaitAsync(TestCommand.Deadline);
        Assert.Equal(Terminated, watch.ExitCode);
    }

    private static int Count(string screen) => screen.Split(Home).Length - 1;

    /// <summary>Each line clears what was behind it, and the last one what was below.</summary>
    private static void AssertWhole(string frame)
    {
        Assert.EndsWith("\e[J", frame);
        var lines = frame.Split('\n');
        Assert.All(lines[..^1], line => Assert.EndsWith("\e[K\r", line));
        Assert.StartsWith("Protected since ", TerminalSession.Plain(lines[0]));
        Assert.Contains("; howdah up watches (process ", lines[^2]);
    }

    private static void AssertRestored(TerminalEnd end)
    {
        Assert.NotEmpty(end.Before);
        Assert.Equal(end.Before, end.After);
        // What is switched on is switched off again: the hidden cursor, another screen, lines that do not wrap, keys.
        foreach (var (on, off) in new[] { ("\e[?25l", "\e[?25h"), ("\e[?1049h", "\e[?1049l"), ("\e[?7l", "\e[?7h"), ("\e[?1h", "\e[?1l") })
            Assert.True(end.Screen.LastIndexOf(on, StringComparison.Ordinal) <= end.Screen.LastIndexOf(off, StringComparison.Ordinal), on);
    }

    private static async Task<string> ReadDocumentAsync(StreamReader reader)
    {
        var lines = new List<string>();
        while (lines is not [.., "}"])
        {
            lines.Add(await reader.ReadLineAsync(TestEnvironment.Stop).AsTask().WaitAsync(TestCommand.Deadline)
                ?? throw new InvalidOperationException($"it ended: {string.Join('\n', lines)}"));
        }

        return string.Join('\n', lines);
    }
}
