using System.Globalization;
using Cronos;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Supervision;

/// <summary>
/// Takes backups and drills when the cluster file says. What became due while nobody watched, and what was cancelled while it ran, is done
/// once, when somebody watches again. What failed or could not be started is told, and has its next turn when it is due again.
/// </summary>
internal sealed class Scheduler(ClusterModel model, ClusterEnvironment environment, OwnCommandRunner runCommand)
{
    /// <summary>Cron counts in minutes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Runs until cancelled, and cancels the command that runs then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Job> jobs = [];
        if (model.Schedule.Backup is { } backup)
            jobs.Add(Open("backup", CronExpression.Parse(backup)));
        if (model.Schedule.Drill is { } drill)
            jobs.Add(Open("drill", CronExpression.Parse(drill)));
        while (true)
        {
            foreach (var job in jobs)
                await LookAsync(job, cancellationToken);
            await Task.Delay(Interval, environment.Time, cancellationToken);
        }
    }

    /// <summary>Where nothing is noted the schedule begins now, for the first backup is no matter of a schedule.</summary>
    private Job Open(string command, CronExpression when)
    {
        var job = new Job(command, when) { Last = environment.Time.GetUtcNow() };
        try
        {
            if (ReadLast(command) is { } last)
            {
                job.Last = last;
                job.IsNoted = true;
            }
        }
        catch (OperationException failure)
        {
            // It begins now, too; but what is there is left for whoever can read it, until there is something newer to note.
            Warn($"when the last {command} was due cannot be read", failure);
            job.IsNoted = true;
        }

        return job;
    }

    private async Task LookAsync(Job job, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var now = environment.Time.GetUtcNow();
        // The clock was ahead; the schedule would stand still until it is there again.
        if (job.Last > now)
            job.Reach(now);
        if (job.When.GetNextOccurrence(job.Last, environment.Time.LocalTimeZone) is { } due && due <= now)
        {
            Announce(AnnouncementLevel.Information, $"{job.Command}: due since {due:yyyy-MM-dd HH:mm}");
            await RunCommandAsync(job.Command, cancellationToken);
            // Not before: who was cancelled, or died, has not done it. And not its end: what became due meanwhile is due.
            job.Reach(now);
        }

        Note(job);
    }

    /// <summary>Returns when it is over, well or not.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, however it ended.</exception>
    private async Task RunCommandAsync(string command, CancellationToken cancellationToken)
    {
        int code;
        try
        {
            code = await runCommand([command], cancellationToken);
        }
        catch (Exception failure) when (failure is not InvariantViolationException)
        {
            // Whatever it was: the next turn may go well, and all else goes on.
            cancellationToken.ThrowIfCancellationRequested();
            Warn($"the scheduled {command} could not be run", failure);
            return;
        }

        if (code == 0)
            return;
        // Who is told to end may still answer with a code of its own.
        cancellationToken.ThrowIfCancellationRequested();
        Announce(AnnouncementLevel.Problem, $"the scheduled {command} ended with exit code {code}");
    }

    /// <summary>
    /// Tried at every look until it succeeds: a small file every ten seconds, and told once for each time that was due. Meanwhile the
    /// schedule goes on by what is remembered.
    /// </summary>
    private void Note(Job job)
    {
        if (job.IsNoted)
            return;
        var path = PathOf(job.Command);
        try
        {
            StorageFailure.Run(
                $"writing {path}", () => AtomicFile.Write(path, job.Last.ToString("O", CultureInfo.InvariantCulture) + "\n"));
            job.IsNoted = true;
        }
        catch (OperationException failure)
        {
            if (!job.IsTold)
                Warn($"when the last {job.Command} was due could not be noted; it may be repeated after another start", failure);
            job.IsTold = true;
        }
    }

    private void Warn(string what, Exception failure) => environment.Observer.Announced(
        new Announcement(environment.Time.GetUtcNow(), AnnouncementLevel.Warning, $"{what}: {failure.Message}")
        {
            Hint = (failure as OperationException)?.Hint,
        });

    private void Announce(AnnouncementLevel level, string text) =>
        environment.Observer.Announced(new Announcement(environment.Time.GetUtcNow(), level, text));

    private string PathOf(string command) => Path.Combine(model.Paths.StateDirectory, $"last-{command}");

    /// <summary>Null where nothing is noted, or something else is there.</summary>
    /// <exception cref="OperationException">It cannot be known.</exception>
    private DateTimeOffset? ReadLast(string command)
    {
        var path = PathOf(command);
        if (!Presence.OfFile(path))
            return null;
        var text = StorageFailure.Run($"reading {path}", () => File.ReadAllText(path));
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var last) ? last : null;
    }

    /// <summary>A command and its times; only the one loop has it.</summary>
    private sealed class Job(string command, CronExpression when)
    {
        public string Command { get; } = command;

        public CronExpression When { get; } = when;

        /// <summary>What was due until then has had its turn.</summary>
        public DateTimeOffset Last { get; set; }

        /// <summary>Whoever starts later knows it.</summary>
        public bool IsNoted { get; set; }

        /// <summary>A person was told that it could not be noted.</summary>
        public bool IsTold { get; set; }

        public void Reach(DateTimeOffset at)
        {
            Last = at;
            IsNoted = false;
            IsTold = false;
        }
    }
}
