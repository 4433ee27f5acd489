using Howdah.Cli;
using Howdah.Cli.Rendering;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Planning;
using Howdah.Operations.Backup;
using Howdah.Operations.Restore;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.EndToEnd.Tests.Cli;

/// <summary>What is shown of a long operation, on a terminal and without one, second by second.</summary>
public sealed class ProgressDisplayTests : IDisposable
{
    private static readonly PlanStep Step = new(PlanStepKind.TakeBackup, "", "take a base backup", "there is none");

    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose() => _error.Dispose();

    [Fact]
    public void Without_a_terminal_the_clock_gives_a_line_every_30_seconds_though_nothing_is_reported()
    {
        using var line = new ProgressLine(Run(isTerminal: false));
        line.Show(new("backup", 1L << 30, 4L << 30, 10 << 20, TimeSpan.FromSeconds(307)));
        Wait(29);
        Assert.Equal("", Shown());
        Wait(1);
        Assert.Equal("backup: 25 %, 1GiB of 4GiB, 10MiB/s, 5 min 7 s to go (30 s)\n", Shown());
        Wait(60);
        Assert.Equal(2, Shown().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        line.Clear();
        Wait(60);
        Assert.Equal("", Shown());
    }

    [Fact]
    public void On_a_terminal_the_bar_is_drawn_at_once_its_clock_goes_on_and_nothing_is_left_of_it()
    {
        using var line = new ProgressLine(Run(isTerminal: true));
        line.Show(new("backup", 1L << 30, 4L << 30, 10 << 20, TimeSpan.FromSeconds(307)));
        Assert.Equal(
            "\r\e[?7l██████░░░░░░░░░░░░░░░░░░ backup: 25 %, 1GiB of 4GiB, 10MiB/s, 5 min 7 s to go\e[K\e[?7h", Shown());
        Wait(1);
        Assert.EndsWith("to go (1.0 s)\e[K\e[?7h", Shown(), StringComparison.Ordinal);
        line.Interrupt(() => _error.Write("a word\n"));
        Assert.Equal("\r\e[Ka word\n", Shown());
        Wait(1);
        Assert.EndsWith("to go (2.0 s)\e[K\e[?7h", Shown(), StringComparison.Ordinal);
        line.Clear();
        Assert.Equal("\r\e[K", Shown());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_is_shown_with_quiet(bool isTerminal)
    {
        using var line = new ProgressLine(Run(isTerminal, "--quiet"));
        line.Show(new("backup", 1, 4, 0, null));
        Wait(90);
        Assert.Equal("", Shown());
    }

    [Fact]
    public void Each_phase_of_a_backup_is_shown_with_how_long_it_has_taken()
    {
        using var display = new BackupDisplay(Run(isTerminal: false));
        display.Report(Seen(BackupPhase.Checkpoint));
        Wait(3600);
        Assert.Contains("backup: the server makes its checkpoint (30 s)\n", Seen(120), StringComparison.Ordinal);
        display.Report(Seen(BackupPhase.Receiving));
        Wait(30);
        Assert.Equal("backup: 1 %, 1MiB of 100MiB (30 s)\n", Shown());
        display.Report(Seen(BackupPhase.Finishing));
        Wait(60);
        Assert.Contains("backup: comparing with the manifest, forcing to disk (1 min 0 s)\n", Seen(2), StringComparison.Ordinal);
        display.Report(Seen(BackupPhase.WaitingForWal));
        Wait(30);
        Assert.Equal(
            """
            waiting until the repository holds the WAL that the backup needs
            backup: waiting until the repository holds the WAL that the backup needs (30 s)

            """,
            Shown());
        display.Report(Seen(BackupPhase.Done));
        Wait(60);
        Assert.Equal("", Shown());
    }

    [Fact]
    public void With_verbose_each_phase_tells_at_its_end_what_it_took()
    {
        using var display = new BackupDisplay(Run(isTerminal: false, "--verbose"));
        display.Report(Seen(BackupPhase.Checkpoint));
        Wait(20);
        display.Report(Seen(BackupPhase.Receiving));
        Assert.Equal("the server makes its checkpoint\nthe server makes its checkpoint: took 20 s\nreceiving\n", Shown());
    }

    [Fact]
    public void A_step_is_shown_from_its_beginning_and_its_rate_is_that_of_the_bytes_alone()
    {
        using var display = new OperationDisplay(Run(isTerminal: false));
        display.StepStarted(Step);
        Wait(30);
        Assert.Equal("take a base backup (30 s)\n", Shown());
        display.StepProgressed(Step, new StepProgress(0, null, "bytes") { Doing = "the server makes its checkpoint" });
        Wait(30);
        Assert.Equal("take a base backup: the server makes its checkpoint (30 s)\n", Shown());
        display.StepProgressed(Step, new StepProgress(0, null, "bytes") { Doing = "the server makes its checkpoint" });
        Wait(10);
        display.StepProgressed(Step, new StepProgress(10 << 20, 100 << 20, "bytes"));
        Wait(20);
        Assert.Equal("take a base backup: 10 %, 10MiB of 100MiB, 1MiB/s, 1 min 30 s to go (20 s)\n", Shown());
        display.Announced(new Announcement(_time.GetUtcNow(), AnnouncementLevel.Information, "the receiver streams"));
        Assert.EndsWith(" the receiver streams\n", Shown(), StringComparison.Ordinal);
        Wait(30);
        Assert.Equal("take a base backup: 10 %, 10MiB of 100MiB, 1MiB/s, 1 min 30 s to go (50 s)\n", Shown());
        display.StepFinished(Step, TimeSpan.FromSeconds(120));
        Wait(60);
        Assert.Equal("✓ take a base backup (2 min 0 s)\n", Shown());
    }

    [Fact]
    public void A_restore_has_a_rate_and_a_time_to_go_and_is_shown_until_it_is_on_disk()
    {
        using var line = new ProgressLine(Run(isTerminal: false));
        var display = new RestoreDisplay(line, _time);
        Wait(10);
        display.Report(new RestoreProgress(RestorePhase.Copying, 10 << 20, 100 << 20));
        Wait(30);
        Assert.Equal("restore: 10 %, 10MiB of 100MiB, 1MiB/s, 1 min 30 s to go (30 s)\n", Shown());
        display.Report(new RestoreProgress(RestorePhase.Syncing, 100 << 20, 100 << 20));
        Wait(30);
        Assert.Equal("restore: forcing to disk (30 s)\n", Shown());
    }

    [Fact]
    public void A_standard_error_that_takes_no_more_does_not_end_the_work()
    {
        var run = Run(isTerminal: false);
        using var line = new ProgressLine(new Invocation(run.Host with { Error = new FullDisk() }, run.Parsed));
        line.Show(new("backup", 1, 4, 0, null));
        Wait(60);
    }

    [Theory]
    [InlineData(10L, 100L, 10, 1.0, 90.0)]
    [InlineData(100L, 100L, 10, 10.0, null)]
    [InlineData(120L, 100L, 10, 12.0, null)]
    [InlineData(10L, null, 10, 1.0, null)]
    [InlineData(10L, 100L, 0, 0.0, null)]
    [InlineData(1L, long.MaxValue, 1_000_000, 1e-6, 1e9)]
    public void What_was_counted_goes_on_at_its_rate(long done, long? total, int seconds, double rate, double? remaining)
    {
        var state = ProgressState.Counted("it", done, total, TimeSpan.FromSeconds(seconds));
        Assert.Equal((rate, remaining), (state.PerSecond, state.Remaining?.TotalSeconds));
    }

    private static BackupProgress Seen(BackupPhase phase) => new(phase, 1 << 20, 100 << 20, TimeSpan.Zero);

    private Invocation Run(bool isTerminal, params string[] options)
    {
        var host = new CliHost
        {
            Out = TextWriter.Null,
            Error = _error,
            In = new Lazy<TextReader>(TextReader.Null),
            OutIsTerminal = isTerminal,
            ErrorIsTerminal = isTerminal,
            InIsTerminal = false,
            Time = _time,
            Environment = static _ => null,
            WorkingDirectory = "/",
            Program = null,
        };
        return new Invocation(host, CommandTree.Build(host).Parse(["backup", .. options]));
    }

    private void Wait(int seconds)
    {
        for (var i = 0; i < seconds; i++)
            _time.Advance(TimeSpan.FromSeconds(1));
    }

    /// <summary>What was written since it was last asked for.</summary>
    private string Shown()
    {
        var text = _error.ToString();
        _error.GetStringBuilder().Clear();
        return text;
    }

    private string Seen(int lines)
    {
        var text = Shown();
        Assert.Equal(lines, text.Count(static c => c == '\n'));
        return text;
    }

    private sealed class FullDisk : StringWriter
    {
        public override void WriteLine(string? value) => throw new IOException("no space left on device");
    }
}
