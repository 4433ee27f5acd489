using Howdah.Core.Errors;

namespace Howdah.Postgres.Server;

/// <summary>What is seen of a server from outside, without a connection.</summary>
public enum ServerState
{
    /// <summary>Nobody looked.</summary>
    Unknown,

    /// <summary>The directory is missing or empty, or holds no <c>PG_VERSION</c>.</summary>
    NotInitialized,
    Stopped,
    Starting,

    /// <summary>Runs in recovery and answers queries.</summary>
    Standby,

    /// <summary>Runs and accepts writes.</summary>
    Primary,
    Stopping,
}

/// <summary>State with the process that stands behind it; null where none runs.</summary>
public sealed record ServerStatus(ServerState State, PostmasterFile? Postmaster)
{
    public bool IsRunning => State is ServerState.Starting or ServerState.Standby or ServerState.Primary or ServerState.Stopping;

    public bool AcceptsConnections => State is ServerState.Standby or ServerState.Primary;
}

public enum ShutdownMode
{
    /// <summary>Waits for clients to leave.</summary>
    Smart,

    /// <summary>Rolls back what runs, writes a shutdown checkpoint and sends all WAL to its followers.</summary>
    Fast,

    /// <summary>Stops as a crash would.</summary>
    Immediate,
}

/// <summary>
/// One PostgreSQL server on this machine: its data directory, its log file and its process. Servers run in a session of their
/// own and live on when we end. Not thread-safe: one caller at a time changes a server.
/// </summary>
public sealed class PostgresServer(PostgresInstallation installation, string dataDirectory, string logFile, TimeProvider time)
{
    /// <summary>Short enough that no wait for a server is felt, long enough to cost nothing.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan BurialDeadline = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ControlDeadline = TimeSpan.FromSeconds(30);

    public PostgresInstallation Installation { get; } = installation;

    public string DataDirectory { get; } = dataDirectory;

    public string LogFile { get; } = logFile;

    public ServerStatus ReadStatus()
    {
        if (!File.Exists(Path.Combine(DataDirectory, "PG_VERSION")))
            return new ServerStatus(ServerState.NotInitialized, null);
        var postmaster = PostmasterFile.Read(DataDirectory);
        if (postmaster is null || !PostmasterProcess.IsPostmasterOf(postmaster.ProcessId, DataDirectory))
            return new ServerStatus(ServerState.Stopped, null);
        var state = postmaster.Status switch
        {
            // "standby" there means in recovery and closed to clients; a hot standby is as "ready" as a primary.
            PostmasterStatus.Ready => IsInProduction() ? ServerState.Primary : ServerState.Standby,
            PostmasterStatus.Standby => ServerState.Standby,
            PostmasterStatus.Stopping => ServerState.Stopping,
            _ => ServerState.Starting,
        };
        return new ServerStatus(state, postmaster);
    }

    /// <summary>Starts the server unless it runs, and waits until it accepts connections.</summary>
    /// <param name="options">Extra arguments for <c>postgres</c>, for example <c>-c</c> and a setting; no secrets.</param>
    /// <param name="deadline">How long it may take; replay after a crash can take minutes.</param>
    /// <param name="cancellationToken">Ends the wait, not the server.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ServerStartFailed"/>: quotes what the server logged.</exception>
    public async Task StartAsync(IReadOnlyList<string> options, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var logStart = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
        if (!ReadStatus().IsRunning)
        {
            await AwaitBurialAsync(cancellationToken);
            // Who started it at the same moment made our own attempt fail; theirs is as good.
            if (await LaunchAsync(options, deadline, cancellationToken) is { } refusal && !ReadStatus().IsRunning)
                throw StartFailed($"did not start ({refusal})", logStart);
        }

        if (!await WaitAsync(() => ReadStatus() is { AcceptsConnections: true } or { IsRunning: false }, deadline, cancellationToken))
            throw StartFailed($"did not accept connections within {deadline.TotalSeconds:0} s and is still starting", logStart);
        if (!ReadStatus().AcceptsConnections)
            throw StartFailed("stopped while it was starting", logStart);
    }

    /// <summary>Stops the server if it runs, and waits until its process is gone.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ServerStopFailed"/>: it still runs at the deadline.</exception>
    public async Task StopAsync(ShutdownMode mode, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (ReadStatus() is not { IsRunning: true, Postmaster: { } postmaster })
            return;
        PostmasterProcess.Send(postmaster.ProcessId, mode switch
        {
            ShutdownMode.Smart => PostmasterSignal.Smart,
            ShutdownMode.Fast => PostmasterSignal.Fast,
            _ => PostmasterSignal.Immediate,
        });
        var gone = await WaitAsync(
            () => !PostmasterProcess.IsPostmasterOf(postmaster.ProcessId, DataDirectory), deadline, cancellationToken);
        if (!gone)
        {
            throw new OperationException(
                ErrorCodes.ServerStopFailed,
                $"the server in {DataDirectory} (process {postmaster.ProcessId}) did not stop within {deadline.TotalSeconds:0} s of a "
                + $"{mode} shutdown",
                "a follower that does not confirm the last WAL can hold it; look at its log, or stop it in immediate mode");
        }
    }

    /// <summary>Makes a running server read its configuration again; false where it does not run.</summary>
    public bool Reload()
    {
        if (ReadStatus() is not { IsRunning: true, Postmaster: { } postmaster })
            return false;
        PostmasterProcess.Send(postmaster.ProcessId, PostmasterSignal.Reload);
        return true;
    }

    /// <summary>Makes a standby a primary on a new timeline and waits until it accepts writes.</summary>
    /// <exception cref="OperationException">It is no running standby, or did not become primary in time.</exception>
    public async Task PromoteAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (ReadStatus() is not { State: ServerState.Standby, Postmaster: { } postmaster } before)
        {
            throw new OperationException(
                ErrorCodes.Refused,
                $"the server in {DataDirectory} is {ReadStatus().State} and cannot be promoted",
                "only a running standby can");
        }

        Invariant.Check(before.IsRunning);
        // The signal alone means nothing: the server looks for this file (PostgreSQL 11-18, PROMOTE_SIGNAL_FILE) and removes it.
        await File.Create(Path.Combine(DataDirectory, "promote")).DisposeAsync();
        PostmasterProcess.Send(postmaster.ProcessId, PostmasterSignal.Promote);
        if (!await WaitAsync(() => ReadStatus().State == ServerState.Primary, deadline, cancellationToken))
        {
            throw new OperationException(
                ErrorCodes.ServerTimeout,
                $"the server in {DataDirectory} was told to become primary and had not done so after {deadline.TotalSeconds:0} s");
        }
    }

    /// <summary>
    /// The state field of pg_control (PostgreSQL 11-18, src/include/catalog/pg_control.h): 4 bytes at offset 16, DB_IN_PRODUCTION
    /// is 6.
    /// </summary>
    private bool IsInProduction()
    {
        using var control = File.OpenHandle(
            Path.Combine(DataDirectory, "global", "pg_control"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> state = stackalloc byte[4];
        return RandomAccess.Read(control, state, 16) == 4 && BitConverter.ToInt32(state) == 6;
    }

    /// <summary>Null where pg_ctl started it, else what pg_ctl said.</summary>
    private async Task<string?> LaunchAsync(IReadOnlyList<string> options, TimeSpan deadline, CancellationToken cancellationToken)
    {
        // pg_ctl gives the server a log file and no terminal, and sees it end where it cannot start. A session of its own, so that
        // no signal for us reaches it, pg_ctl gives it only from 12 on.
        var seconds = $"{Math.Ceiling(deadline.TotalSeconds):0}";
        List<string> arguments = ["--wait", Installation.Program(
            "pg_ctl"), "start", "-w", "-t", seconds, "-s", "-D", DataDirectory, "-l", LogFile];
        if (options.Count > 0)
            arguments.AddRange(["-o", string.Join(' ', options.Select(ShellQuote))]);
        var command = new ChildCommand("/usr/bin/setsid", arguments, deadline + ControlDeadline);
        var result = await ChildProcess.RunAsync(command, cancellationToken);
        return result.ExitCode == 0 ? null : (result.ErrorOutput + result.Output).Trim().ReplaceLineEndings("; ");
    }

    /// <summary>
    /// A server that was killed stays listed until somebody reaps it, and the next one refuses to start while the process id in
    /// postmaster.pid is listed. Usually that takes milliseconds; after the deadline the server says itself what is wrong.
    /// </summary>
    private async Task AwaitBurialAsync(CancellationToken cancellationToken)
    {
        if (PostmasterFile.Read(DataDirectory) is { } left && left.ProcessId != Environment.ProcessId)
            await WaitAsync(() => PostmasterProcess.IsAlive(
                left.ProcessId) || !Directory.Exists($"/proc/{left.ProcessId}"), BurialDeadline, cancellationToken);
    }

    private async Task<bool> WaitAsync(Func<bool> condition, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (!condition())
        {
            if (time.GetElapsedTime(began) > deadline)
                return false;
            await Task.Delay(PollInterval, time, cancellationToken);
        }

        return true;
    }

    private OperationException StartFailed(string what, long logStart)
    {
        var lines = ServerLog.ReadTail(LogFile, logStart);
        var quoted = lines.Count == 0 ? "its log says nothing" : $"its log says: {string.Join(" | ", lines)}";
        return new OperationException(
            ErrorCodes.ServerStartFailed,
            $"PostgreSQL {Installation.Version} in {DataDirectory} {what}; {quoted}",
            $"the whole log is {LogFile}");
    }

    private static string ShellQuote(string argument) => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
