using System.Collections.Concurrent;
using System.Diagnostics;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;

namespace Howdah.Integration.Tests.ReceiveWal;

/// <summary>A receiver in a process of its own, for tests that freeze, kill or trace it; killed when disposed.</summary>
internal sealed class ReceiverProcess : IAsyncDisposable
{
    private const int KilledBySignal = 128 + ProcessTree.SigKill;

    private readonly ConcurrentQueue<string> _told = new();
    private readonly Process _process;

    private ReceiverProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>One line an event; those that an operator must know begin with ALARM.</summary>
    public IReadOnlyList<string> Told => [.. _told];

    /// <param name="server">Whose WAL.</param>
    /// <param name="repository">A directory.</param>
    /// <param name="tracer">A command that runs the receiver, with its options; none runs it as it is.</param>
    public static ReceiverProcess Start(TestServer server, string repository, params string[] tracer) => new(TestCommand.Start(
        [
            .. tracer, Path.Combine(AppContext.BaseDirectory, "Howdah.Bench.Wal"), $"{server.Conninfo} sslmode=disable", repository,
            "receiver", "barman_receive_wal",
        ]));

    /// <summary>
    /// Runs a receiver that dies by SIGKILL when it is about to make a system call, before anything of that call is done; returns when it
    /// is dead.
    /// </summary>
    /// <param name="server">Whose WAL.</param>
    /// <param name="repository">A directory.</param>
    /// <param name="call">The call.</param>
    /// <param name="path">Only a call that has to do with this file; null counts them all.</param>
    /// <param name="occurrence">The first such call, the second, ….</param>
    public static async Task RunUntilAsync(
        TestServer server, string repository, string call, string? path, int occurrence = 1)
    {
        SystemCallTrace.Require();
        string[] only = path is null ? [] : ["-P", path];
        // Not with --seccomp-bpf: strace 6.1 sends no signal then.
        await using var receiver = Start(
            server,
            repository,
            [
                "strace", "-f", "-o", "/dev/null", .. only, "-e", $"trace={call}",
                "-e", $"inject={call}:signal=SIGKILL:when={occurrence}",
            ]);
        try
        {
            await TestWait.UntilAsync($"the receiver dies at {call} {path}", () => receiver._process.HasExited);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message}; it told {string.Join("; ", receiver.Told)}", exception);
        }

        Assert.Equal(KilledBySignal, receiver._process.ExitCode);
    }

    /// <summary>SIGSTOP: it does nothing, and its connection stays open.</summary>
    public void Freeze() => ProcessTree.Signal(_process.Id, ProcessTree.SigStop);

    public void Thaw() => ProcessTree.Signal(_process.Id, ProcessTree.SigCont);

    /// <summary>Waits until everything that the server has flushed by now was acknowledged.</summary>
    public async Task<Lsn> WaitForCatchUpAsync(TestServer server)
    {
        var end = await server.ScalarAsync("select pg_current_wal_flush_lsn()::text");
        try
        {
            await TestWait.UntilAsync($"{end} is acknowledged", async () => await server.ScalarAsync(
                $"select count(*) from pg_stat_replication where flush_lsn >= '{end}'::pg_lsn") == "1");
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message}; it told {string.Join("; ", Told)}", exception);
        }

        return Lsn.Parse(end!);
    }

    public async Task KillAsync()
    {
        // A tracer ends with what it traces, and not the other way round.
        foreach (var process in ProcessTree.WithChildren(_process.Id).Reverse())
            ProcessTree.Signal(process, ProcessTree.SigKill);
        await _process.WaitForExitAsync(TestEnvironment.Stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null)
            _told.Enqueue(line);
    }
}
