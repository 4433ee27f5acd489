using System.Globalization;
using Cronos;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>
/// Takes backups and drills when the cluster file says. What became due while no agent ran is done once, when one runs again.
/// </summary>
internal sealed class Scheduler(
    ClusterModel model, ClusterEnvironment environment, Func<IReadOnlyList<string>, CancellationToken, Task<int>> runCommand)
{
    /// <summary>Cron counts in minutes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<(string Command, CronExpression When)> jobs = [];
        if (model.Schedule.Backup is { } backup)
            jobs.Add(("backup", CronExpression.Parse(backup)));
        if (model.Schedule.Drill is { } drill)
            jobs.Add(("drill", CronExpression.Parse(drill)));
        while (true)
        {
            foreach (var (command, when) in jobs)
                await RunIfDueAsync(command, when, cancellationToken);
            await Task.Delay(Interval, environment.Time, cancellationToken);
        }
    }

    private async Task RunIfDueAsync(string command, CronExpression when, CancellationToken cancellationToken)
    {
        var now = environment.Time.GetUtcNow();
        if (ReadLast(command) is not { } last)
        {
            // Never: the schedule begins now, for the first backup is no matter of a schedule.
            WriteLast(command, now);
            return;
        }

        if (when.GetNextOccurrence(last, environment.Time.LocalTimeZone) is not { } due || due > now)
            return;
        WriteLast(command, now);
        Announce(AnnouncementLevel.Information, $"{command}: due since {due:yyyy-MM-dd HH:mm}");
        var code = await runCommand([command], cancellationToken);
        if (code != 0)
            Announce(AnnouncementLevel.Problem, $"the scheduled {command} ended with exit code {code}");
    }

    private void Announce(AnnouncementLevel level, string text) =>
        environment.Observer.Announced(new Announcement(environment.Time.GetUtcNow(), level, text));

    private string PathOf(string command) => Path.Combine(model.Paths.StateDirectory, $"last-{command}");

    private DateTimeOffset? ReadLast(string command) =>
        Presence.OfFile(PathOf(command))
        && DateTimeOffset.TryParse(
            File.ReadAllText(PathOf(command)), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var last)
            ? last
            : null;

    private void WriteLast(string command, DateTimeOffset at) =>
        AtomicFile.Write(PathOf(command), at.ToString("O", CultureInfo.InvariantCulture) + "\n");
}
