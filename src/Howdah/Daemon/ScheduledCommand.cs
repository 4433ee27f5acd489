using Howdah.Cluster.Configuration;
using Howdah.Cluster.Supervision;

namespace Howdah.Daemon;

/// <summary>Runs what the schedule says as a process of its own, and hands on each line that it writes.</summary>
internal static class ScheduledCommand
{
    /// <param name="program">This program's file.</param>
    /// <param name="model">The cluster that it is done to, by the cluster file that is in force.</param>
    /// <param name="time">Gives the time.</param>
    /// <param name="tell">Takes each line.</param>
    public static OwnCommandRunner Runner(string program, ClusterModel model, TimeProvider time, Action<string> tell) =>
        async (arguments, cancellationToken) =>
        {
            using var own = OwnCommand.Start(program, ["--config", model.Paths.ClusterFile, .. arguments], time);
            var name = AllowedCommands.Shown(arguments);
            return await own.FollowAsync(
                (output, _) =>
                {
                    tell($"{name}: {output.Out ?? output.Error}");
                    return Task.CompletedTask;
                },
                cancellationToken);
        };
}
