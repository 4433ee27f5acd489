using System.Net;
using System.Net.Sockets;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;

namespace Howdah.Integration.Tests.Server;

public sealed class PostgresServerTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string _directory = Directory.CreateTempSubdirectory("howdah-server-").FullName;

    private string DataDirectory => Path.Combine(_directory, "data");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_server_goes_through_its_life(int major)
    {
        if (await Unprivileged.HasRunElsewhereAsync(major))
            return;
        var server = await InitializeAsync(major);
        try
        {
            Assert.Equal(ServerState.Stopped, server.ReadStatus().State);
            Assert.DoesNotContain(
                "trust",
                File.ReadLines(
                    Path.Combine(DataDirectory, "pg_hba.conf")).Where(line => !line.StartsWith('#')).SelectMany(line => line.Split(' ')));

            await server.StartAsync([], Deadline, TestContext.Current.CancellationToken);
            var running = server.ReadStatus();
            Assert.Equal(ServerState.Primary, running.State);
            Assert.Equal("127.0.10.2", running.Postmaster!.ListenAddress);
            await server.StartAsync([], Deadline, TestContext.Current.CancellationToken);
            Assert.Equal(running.Postmaster.ProcessId, server.ReadStatus().Postmaster!.ProcessId);
            Assert.NotEqual(SessionOf(Environment.ProcessId), SessionOf(running.Postmaster.ProcessId));
            Assert.True(server.Reload());

            await server.StopAsync(ShutdownMode.Fast, Deadline, TestContext.Current.CancellationToken);
            Assert.Equal(ServerState.Stopped, server.ReadStatus().State);
            Assert.False(server.Reload());
            await server.StopAsync(ShutdownMode.Fast, Deadline, TestContext.Current.CancellationToken);

            await StartAsStandbyAsync(server);
            Assert.Equal(ServerState.Standby, server.ReadStatus().State);
            await server.PromoteAsync(Deadline, TestContext.Current.CancellationToken);
            Assert.Equal(ServerState.Primary, server.ReadStatus().State);
            var refused = await Assert.ThrowsAsync<OperationException>(
                () => server.PromoteAsync(Deadline, TestContext.Current.CancellationToken));
            Assert.Equal(ErrorCodes.Refused, refused.Code);
        }
        finally
        {
            await server.StopAsync(ShutdownMode.Immediate, Deadline, CancellationToken.None);
        }

        Assert.Equal(ServerState.Stopped, server.ReadStatus().State);
    }

    [Fact]
    public async Task A_server_that_does_not_start_is_quoted()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        var server = await InitializeAsync(15);
        await File.AppendAllTextAsync(Path.Combine(DataDirectory, "postgresql.conf"), "shared_buffers = banana\n");
        var failure = await Assert.ThrowsAsync<OperationException>(
            () => server.StartAsync([], Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCodes.ServerStartFailed, failure.Code);
        Assert.Contains("shared_buffers", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ServerState.Stopped, server.ReadStatus().State);
    }

    [Fact]
    public async Task A_pid_file_that_names_another_process_is_not_believed()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        var server = await InitializeAsync(15);
        await File.WriteAllTextAsync(
            Path.Combine(DataDirectory, PostmasterFile.FileName), $"{Environment.ProcessId}\n{DataDirectory}\n1\n5432\n\n\n\nready   \n");
        Assert.Equal(ServerState.Stopped, server.ReadStatus().State);
        await server.StopAsync(ShutdownMode.Immediate, Deadline, TestContext.Current.CancellationToken);
        Assert.False(server.Reload());
    }

    [Fact]
    public async Task Initialising_over_something_is_refused_and_leaves_no_password_behind()
    {
        if (await Unprivileged.HasRunElsewhereAsync())
            return;
        Directory.CreateDirectory(DataDirectory);
        await File.WriteAllTextAsync(Path.Combine(DataDirectory, "mine"), "x");
        var failure = await Assert.ThrowsAsync<OperationException>(() => InitializeAsync(15));
        Assert.Equal(ErrorCodes.InitializationFailed, failure.Code);
        Assert.Equal([DataDirectory], Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public async Task A_missing_installation_is_told_with_the_places_that_were_looked_at()
    {
        var failure = await Assert.ThrowsAsync<OperationException>(
            () => PostgresInstallations.FindAsync(97, ["/nowhere"], TestContext.Current.CancellationToken));
        Assert.Equal(ErrorCodes.InstallationNotFound, failure.Code);
        Assert.Contains("/nowhere/97/bin", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_installation_is_asked_for_its_version_again_when_it_was_upgraded()
    {
        foreach (var program in new[] { "postgres", "initdb", "pg_ctl" })
            Install(program, "15.1");
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_101_101);
        Assert.Equal("15.1", await VersionAsync());
        var postgres = Path.Combine(_directory, "postgres");
        var written = File.GetLastWriteTimeUtc(postgres);
        Install("postgres", "15.2");
        Assert.Equal("15.2", await VersionAsync());

        // The same file, for all that can be seen of it: nobody is asked.
        Install("postgres", "15.3");
        File.SetLastWriteTimeUtc(postgres, written);
        Assert.Equal("15.1", await VersionAsync());

        void Install(string program, string version)
        {
            var path = Path.Combine(_directory, program);
            File.WriteAllText(path, $"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n");
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }

        async Task<string?> VersionAsync() =>
            (await PostgresInstallations.TryReadAsync(_directory, TestContext.Current.CancellationToken))?.Version.ToString();
    }

    private static string SessionOf(int processId) => File.ReadAllText($"/proc/{processId}/stat").Split(") ")[1].Split(' ')[3];

    private async Task<PostgresServer> InitializeAsync(int major)
    {
        var installation = await PostgresInstallations.FindAsync(
            major, ["/var/cache/howdah-tests/postgres"], TestContext.Current.CancellationToken);
        await ServerInitialization.InitializeAsync(
            installation, new InitializationOptions(
                DataDirectory, "postgres", new Secret("secret")), TestContext.Current.CancellationToken);
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Parse("127.0.10.2"), 0));
        var path = Path.Combine(DataDirectory, "postgresql.conf");
        var conf = PostgresConf.Parse(await File.ReadAllTextAsync(path), path)
            .Set("port", $"{((IPEndPoint)probe.LocalEndPoint!).Port}")
            .Set("listen_addresses", "127.0.10.2")
            .Set("unix_socket_directories", _directory);
        await File.WriteAllTextAsync(path, conf.ToString());
        return new PostgresServer(installation, DataDirectory, Path.Combine(_directory, "log"), TimeProvider.System);
    }

    private async Task StartAsStandbyAsync(PostgresServer server)
    {
        var recovery = RecoveryConf.Render(
            RecoveryKind.Standby, new Dictionary<string, string> { ["recovery_target_timeline"] = "latest" }, server.Installation.Version);
        await File.WriteAllTextAsync(Path.Combine(DataDirectory, recovery.File.Name), recovery.File.Content);
        await server.StartAsync([], Deadline, TestContext.Current.CancellationToken);
    }
}
