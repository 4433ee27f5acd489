using System.Globalization;
using Howdah.Cli.Rendering;
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
    private const string ReadyPrefix = "howdah: ready, exit code ";
    private const string EndedPrefix = "howdah: ended with exit code ";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>The log of the process in the background.</summary>
    private string LogFile => Path.Combine(cluster.Model.Paths.StateDirectory, "up.log");

    /// <param name="run">The process in the background.</param>
    /// <param name="code">How the one in the foreground ends.</param>
    public static void SayReady(Invocation run, ExitCode code)
    {
        run.Host.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ReadyPrefix}{(int)code}"));
        run.Host.Error.Flush();
    }

    public async Task<ExitCode> RunAsync(CancellationToken cancellationToken)
    {
        var paths = cluster.Model.Paths;
        // The process must find its cluster file whatever becomes of the one that was named.
        using (var display = new OperationDisplay(run))
            await new Composition(run, cluster.Model).Operations(display).AcceptAsync(cancellationToken);
        DirectorySync.Create(paths.StateDirectory);
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
                if (CodeIn(line, ReadyPrefix) is { } code)
                {
                    run.Say($"it goes on in the background, its log is {LogFile}; howdah down stops it");
                    return code;
                }

                if (CodeIn(line, EndedPrefix) is { } ended)
                    return ended;
                run.Host.Error.WriteLine(line);
            }

            await Task.Delay(Interval, run.Host.Time, cancellationToken);
        }
    }

    private static ExitCode? CodeIn(string line, string prefix) => line.StartsWith(prefix, StringComparison.Ordinal)
        ? (ExitCode)int.Parse(line.AsSpan(prefix.Length), CultureInfo.InvariantCulture)
        : null;
}
