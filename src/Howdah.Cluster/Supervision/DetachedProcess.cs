using Howdah.Postgres.Server;

namespace Howdah.Cluster.Supervision;

/// <summary>Starts a program of ours that outlives us, and ends one by its process id.</summary>
public static class DetachedProcess
{
    private static readonly TimeSpan LaunchDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Starts the program in a session of its own, with no terminal and its output added to a log.</summary>
    public static Task StartAsync(string program, IReadOnlyList<string> arguments, string logFile, CancellationToken cancellationToken)
    {
        // The shell opens the log and leaves; setsid forks, so the program's parent is nobody of ours.
        const string Script = "log=$1; shift; exec /usr/bin/setsid --fork \"$@\" </dev/null >>\"$log\" 2>&1";
        List<string> all = ["-c", Script, "sh", logFile, program, .. arguments];
        return ChildProcess.RunAsync(new ChildCommand("/bin/sh", all, LaunchDeadline), cancellationToken);
    }
}
