using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Tests.Agents;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Cluster.Tests.Supervision;

/// <summary>What runs when, by a clock that the test moves; commands are only counted.</summary>
public sealed class SchedulerTests : IDisposable
{
    private const string Nightly = """
        [schedule]
        backup = "30 2 * * *"
        """;

    private const string NightlyAndOnSundays = """
        [schedule]
        backup = "30 2 * * *"
        drill = "0 4 * * 0"
        """;

    /// <summary>A Monday.</summary>
    private static readonly DateTimeOffset Beginning = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly string _directory = Directory.CreateTempSubdirectory("howdah-schedule-").FullName;
    private readonly FakeTimeProvider _clock = new(Beginning);
    private readonly Hearing _heard = new();

    /// <summary>What was run, with the time in UTC.</summary>
    private readonly List<string> _ran = [];

    private Func<CancellationToken, Task<int>> _run = _ => Task.FromResult(0);
    private CancellationTokenSource _stop = new();

    public SchedulerTests() => Directory.CreateDirectory(StateDirectory);

    private string StateDirectory => Path.Combine(_directory, "state");

    private string LastBackup => Path.Combine(StateDirectory, "last-backup");

    public void Dispose()
    {
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Backup_and_drill_run_at_their_times_and_not_at_the_first_start()
    {
        var running = Start(NightlyAndOnSundays);
        Pass(7 * Day);
        await EndAsync(running);
        Assert.Equal(
            [
                "11-24 02:30 backup", "11-25 02:30 backup", "11-26 02:30 backup", "11-27 02:30 backup", "11-28 02:30 backup",
                "11-29 02:30 backup", "11-29 04:00 drill", "11-30 02:30 backup",
            ],
            _ran);
        Assert.All(_heard.Announcements, announcement => Assert.Equal(AnnouncementLevel.Information, announcement.Level));
    }

    [Fact]
    public async Task Times_are_of_the_zone_of_the_host()
    {
        _clock.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(2), "east", "east"));
        var running = Start(Nightly);
        Pass(Day);
        await EndAsync(running);
        Assert.Equal(["11-24 00:30 backup"], _ran);
    }

    [Fact]
    public async Task Without_a_schedule_nothing_is_run_and_nothing_noted()
    {
        var running = Start(schedule: "");
        Pass(7 * Day);
        await EndAsync(running);
        Assert.Empty(_ran);
        Assert.Empty(_heard.Announcements);
        Assert.Empty(Directory.GetFiles(StateDirectory));
    }

    [Fact]
    public async Task What_became_due_while_nobody_ran_is_done_once()
    {
        await EndAsync(Start(NightlyAndOnSundays));
        _clock.Advance(20 * Day);

        var running = Start(NightlyAndOnSundays);
        Pass(TimeSpan.FromHours(1));
        await EndAsync(running);
        await EndAsync(Start(NightlyAndOnSundays));

        Assert.Equal(["12-13 09:00 backup", "12-13 09:00 drill"], _ran);
    }

    [Fact]
    public async Task What_was_cancelled_while_it_ran_is_done_at_once_by_the_next()
    {
        _run = token => new TaskCompletionSource<int>().Task.WaitAsync(token);
        await CancelAtThreeAsync();
        _run = _ => Task.FromResult(0);

        var running = Start(Nightly);
        Pass(TimeSpan.FromHours(1));
        await EndAsync(running);
        await EndAsync(Start(Nightly));

        Assert.Equal(["11-24 02:30 backup", "11-24 03:00 backup"], _ran);
        Assert.Empty(_heard.Texts(AnnouncementLevel.Warning));
    }

    [Fact]
    public async Task A_command_that_ends_with_a_code_of_its_own_when_it_is_cancelled_has_not_failed()
    {
        _run = token =>
        {
            var ended = new TaskCompletionSource<int>();
            _ = token.Register(() => ended.SetResult((int)ExitCode.Terminated));
            return ended.Task;
        };
        await CancelAtThreeAsync();
        Assert.Empty(_heard.Texts(AnnouncementLevel.Problem));
        _run = _ => Task.FromResult(0);

        await EndAsync(Start(Nightly));

        Assert.Equal(["11-24 02:30 backup", "11-24 03:00 backup"], _ran);
    }

    [Fact]
    public async Task What_failed_is_told_and_waits_for_its_next_time_also_over_a_restart()
    {
        _run = _ => Task.FromResult((int)ExitCode.DiskFull);
        var running = Start(Nightly);
        Pass(Day);
        await EndAsync(running);
        Assert.Equal("the scheduled backup ended with exit code 18", Assert.Single(_heard.Texts(AnnouncementLevel.Problem)));

        running = Start(Nightly);
        Pass(Day);
        await EndAsync(running);

        Assert.Equal(["11-24 02:30 backup", "11-25 02:30 backup"], _ran);
    }

    [Fact]
    public async Task A_command_that_cannot_be_started_is_told_each_time_and_the_schedule_goes_on()
    {
        Queue<Exception> failures = new(
        [
            new OperationException(ErrorCodes.AgentRefused, "starting howdah: no such file", "was it removed?"),
            new IOException("too many open files"),
            // By another token than ours.
            new OperationCanceledException("its output could not be read"),
        ]);
        _run = _ => throw failures.Dequeue();

        var running = Start(Nightly);
        Pass(3 * Day);
        await EndAsync(running);

        Assert.Equal(["11-24 02:30 backup", "11-25 02:30 backup", "11-26 02:30 backup"], _ran);
        Assert.Equal(
            [
                "the scheduled backup could not be run: starting howdah: no such file",
                "the scheduled backup could not be run: too many open files",
                "the scheduled backup could not be run: its output could not be read",
            ],
            _heard.Texts(AnnouncementLevel.Warning));
        Assert.Contains(_heard.Announcements, announcement => announcement.Hint == "was it removed?");
    }

    [Fact]
    public async Task What_cannot_be_noted_is_told_once_for_each_time_runs_once_and_is_noted_when_it_can_be()
    {
        var running = Start(Nightly);
        Directory.Delete(StateDirectory, recursive: true);
        Pass(2 * Day);
        Assert.Equal(["11-24 02:30 backup", "11-25 02:30 backup"], _ran);
        Assert.Equal(2, _heard.Texts(AnnouncementLevel.Warning).Count);
        Assert.All(
            _heard.Texts(AnnouncementLevel.Warning),
            text => Assert.StartsWith("when the last backup was due could not be noted", text));

        Directory.CreateDirectory(StateDirectory);
        Pass(Minute);
        await EndAsync(running);
        await EndAsync(Start(Nightly));

        Assert.Equal(2, _ran.Count);
        Assert.Equal(2, _heard.Texts(AnnouncementLevel.Warning).Count);
    }

    [Fact]
    public async Task A_schedule_begins_also_where_its_beginning_cannot_be_noted()
    {
        Directory.Delete(StateDirectory, recursive: true);
        var running = Start(Nightly);
        Pass(TimeSpan.FromHours(12));
        Assert.Single(_heard.Texts(AnnouncementLevel.Warning));
        Pass(TimeSpan.FromHours(12));
        await EndAsync(running);
        Assert.Equal(["11-24 02:30 backup"], _ran);
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_and_the_schedule_begins_anew()
    {
        // There, and not to be read by anybody.
        File.CreateSymbolicLink(LastBackup, Path.Combine(_directory, "nothing"));
        var running = Start(Nightly);
        Pass(Day);
        await EndAsync(running);
        Assert.Equal(["11-24 02:30 backup"], _ran);
        Assert.StartsWith("when the last backup was due cannot be read", Assert.Single(_heard.Texts(AnnouncementLevel.Warning)));
        Assert.StartsWith("2026-11-24T02:30:00", await File.ReadAllTextAsync(LastBackup));
    }

    [Fact]
    public async Task A_last_time_in_the_future_counts_as_now()
    {
        await File.WriteAllTextAsync(LastBackup, $"{Beginning.AddYears(1):O}\n");
        var running = Start(Nightly);
        Assert.StartsWith("2026-11-23T09:00:00", await File.ReadAllTextAsync(LastBackup));
        Pass(2 * Day);
        await EndAsync(running);
        Assert.Equal(["11-24 02:30 backup", "11-25 02:30 backup"], _ran);
    }

    /// <summary>The backup of half past two runs by then.</summary>
    private async Task CancelAtThreeAsync()
    {
        var running = Start(Nightly);
        Pass(TimeSpan.FromHours(18));
        await EndAsync(running);
        Assert.Equal(["11-24 02:30 backup"], _ran);
    }

    /// <summary>Its first look is over when this returns, and each later one when the clock has been moved.</summary>
    private Task Start(string schedule)
    {
        var running = Task.CompletedTask;
        var environment = new ClusterEnvironment { Time = _clock, Observer = _heard };
        InlineContinuations.Run(() => running = new Scheduler(ModelWith(schedule), environment, Run).RunAsync(_stop.Token));
        return running;
    }

    private Task<int> Run(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        _ran.Add($"{_clock.GetUtcNow():MM-dd HH:mm} {string.Join(' ', arguments)}");
        return _run(cancellationToken);
    }

    private void Pass(TimeSpan time)
    {
        var end = _clock.GetUtcNow() + time;
        while (_clock.GetUtcNow() < end)
            InlineContinuations.Run(() => _clock.Advance(Minute));
    }

    /// <summary>By cancelling; that it has ended otherwise fails the test.</summary>
    private async Task EndAsync(Task running)
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        _stop.Dispose();
        _stop = new CancellationTokenSource();
    }

    private ClusterModel ModelWith(string schedule) => SeenCluster.ModelIn(_directory, schedule);
}
