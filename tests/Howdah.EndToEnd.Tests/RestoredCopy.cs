using Howdah.Integration.Tests.Fixtures;

namespace Howdah.EndToEnd.Tests;

/// <summary>
/// What <c>howdah restore --to</c> has made, as its user has it from there on: started by pg_ctl as the servers' user, without any setting
/// of the test's, and asked at the socket in its own directory.
/// </summary>
/// <param name="major">The server's.</param>
/// <param name="directory">The data directory.</param>
/// <param name="port">The port that it is to have.</param>
internal sealed class RestoredCopy(int major, string directory, int port) : IAsyncDisposable
{
    private readonly TestInstallation _programs = TestInstallation.Require(major);

    public string Directory => directory;

    private string Log => directory + ".log";

    public async Task StartAsync()
    {
        var started = await TryStartAsync();
        Assert.True(started.ExitCode == 0, started.Everything + await ReadLogAsync());
    }

    public Task<CommandResult> TryStartAsync() => PgCtlAsync("-l", Log, "-w", "start");

    public Task<CommandResult> StopAsync() => PgCtlAsync("-m", "fast", "-w", "stop");

    /// <summary>Whether a postmaster has the directory.</summary>
    public bool Runs => File.Exists(Path.Combine(directory, "postmaster.pid"));

    public Task<string> ReadLogAsync() => File.ReadAllTextAsync(Log, TestEnvironment.Stop);

    /// <summary>The bare values.</summary>
    public async Task<string> SqlAsync(string sql) => (await TestCommand.RunUnprivilegedAsync(
        [TestInstallation.Psql, "-h", directory, "-p", $"{port}", "-U", "postgres", "-XAtc", sql])).TrimEnd('\n');

    /// <summary>Recovery is over, and the copy takes writes.</summary>
    public Task AwaitPromotedAsync() => TestWait.UntilAsync(
        $"recovery of {directory} is over", async () => await SqlAsync("select pg_is_in_recovery()") == "f");

    /// <summary>Recovery has come to its target and waits there for a look.</summary>
    public Task AwaitPausedAsync() => TestWait.UntilAsync(
        $"recovery of {directory} is paused",
        async () => await SqlAsync(
            major >= 14 ? "select pg_get_wal_replay_pause_state() = 'paused'" : "select pg_is_wal_replay_paused()") == "t");

    public async ValueTask DisposeAsync()
    {
        if (Runs) await PgCtlAsync("-m", "immediate", "-w", "stop");
    }

    private Task<CommandResult> PgCtlAsync(params string[] arguments) =>
        TestCommand.TryRunAsync(TestCommand.Unprivileged([_programs.PgCtl, "-D", directory, .. arguments]));
}
