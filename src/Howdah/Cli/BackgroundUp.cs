using System.Globalization;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cli;

/// <summary>
/// <c>up --detach</c>: starts <c>up</c> in a session of its own, shows what it writes to its log until it says that it is ready, and
/// leaves it alone.
/// </summary>
internal sealed class BackgroundUp(Invocation run, LoadedCluster cluster, string program)
{
    private const string ReadyLine = "howdah: ready";
    private const string EndedPrefix = "howdah: ended with exit code ";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>The log of the process in the background.</summary>
    private string LogFile => Path.Combine(cluster.Model.Paths.StateDirectory, "up.log");

    public static void SayReady(Invocation run)
    {
        run.Host.Error.WriteLine(ReadyLine);
        run.Host.Error.Flush();
    }

    public async Task<ExitCode> RunAsync(CancellationToken cancellationToken)
    {
        var paths = cluster.Model.Paths;
        DirectorySync.Create(paths.Root);
        DirectorySync.Create(paths.StateDirectory);
        // The process must find its cluster file whatever becomes of the one that was named.
        AtomicFile.Write(paths.ClusterFile, cluster.Text);
        var from = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
        // The shell writes the last line whatever ends the program, so nobody waits for one that is gone.
        const string Script = "\"$@\"; echo \"" + EndedPrefix + "$?\"";
        List<string> arguments = ["-c", Script, "howdah-up", program, "up", "--background", "--config", paths.ClusterFile];
        if (run.IsVerbose)
            arguments.Add("--verbose");
        await DetachedProcess.StartAsync("/bin/sh", arguments, LogFile, cancellationToken);
        return await FollowAsync(from, cancellationToken);
    }

    private async Task<ExitCode> FollowAsync(long from, CancellationToken cancellationToken)
    {
        await using var log = new FileStream(LogFile, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        log.Position = from;
        using var reader = new StreamReader(log);
        while (true)
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line == ReadyLine)
                {
                    run.Say($"it goes on in the background, its log is {LogFile}; howdah down stops it");
                    return ExitCode.Success;
                }

                if (line.StartsWith(EndedPrefix, StringComparison.Ordinal))
                    return (ExitCode)int.Parse(line.AsSpan(EndedPrefix.Length), CultureInfo.InvariantCulture);
                run.Host.Error.WriteLine(line);
            }

            await Task.Delay(Interval, run.Host.Time, cancellationToken);
        }
    }
}
