using Howdah.Barman;
using Howdah.Cluster.Configuration;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Repository;
using Howdah.Repository.Wal;

namespace Howdah.Integration.Tests.Barman;

/// <summary>
/// The reference lab on one machine: a primary, a standby on its own slot, a repository, and a receiver on its own slot. Made by hand, so
/// that Barman's commands are tested apart from what builds clusters.
/// </summary>
internal sealed class BarmanLab : IAsyncDisposable
{
    public const string Name = "master.local";

    private const string Password = "lab-password";

    private readonly TestDirectory _directory;
    private readonly WalStore _store;
    private CancellationTokenSource? _stopReceiver;
    private Task _receiver = Task.CompletedTask;

    private BarmanLab(TestDirectory directory, (TestServer Primary, TestServer Standby) servers, ClusterModel model, WalStore store)
    {
        _directory = directory;
        (Primary, Standby) = servers;
        _store = store;
        Model = model;
    }

    public TestServer Primary { get; }

    public TestServer Standby { get; }

    public ClusterModel Model { get; }

    public static async Task<BarmanLab> CreateAsync(int major)
    {
        var primary = await TestServer.StartAsync(new TestServerOptions(major));
        var standby = await TestStandby.CreateAsync(
            primary, new TestStandbyOptions { SlotName = "slave", ApplicationName = "walreceiver" });
        var directory = await TestDirectory.CreateAsync("barman");
        var file = directory.File("howdah.toml");
        var text = $"""
            [cluster]
            name = "{Name}"
            postgresql = {major}
            directory = "{directory.Path}"
            [[nodes]]
            name = "master"
            address = "{primary.Address}"
            port = {primary.Port}
            [[nodes]]
            name = "slave"
            address = "{standby.Address}"
            port = {standby.Port}
            [backup]
            name = "backup"
            address = "127.0.0.1"
            [users]
            replication = "streaming_barman"
            backup = "barman"
            """;
        var read = ClusterConfigReader.Read(text, file, ConfigDefaults.ForFile(file));
        var model = read.Model ?? throw new InvalidOperationException(string.Join('\n', read.Problems));
        Directory.CreateDirectory(model.Paths.SecretsDirectory);
        await File.WriteAllTextAsync(model.Paths.PassFile, $"*:*:*:*:{Password}\n");
        File.SetUnixFileMode(model.Paths.PassFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var repository = BackupRepository.CreateOrOpen(model.Backup.RepositoryDirectory, new RepositoryOptions());
        var system = SystemIdentifier.Parse(await primary.ScalarAsync("select system_identifier::text from pg_control_system()"));
        var lab = new BarmanLab(directory, (primary, standby), model, repository.Wal(system, WalSegmentSize.Default));
        await lab.CreateRolesAsync(major);
        return lab;
    }

    public Task CreateSlotAsync() => Primary.ExecuteAsync("select pg_create_physical_replication_slot('barman', true)");

    /// <summary>Starts a receiver into the repository and waits until it streams.</summary>
    public async Task StartReceiverAsync()
    {
        var options = new WalReceiverOptions
        {
            Connection = ConnectionSettings.ForServer(Primary.Address, Primary.Port) with
            {
                User = "streaming_barman",
                PassFile = Model.Paths.PassFile,
            },
            Slot = "barman",
        };
        _stopReceiver = CancellationTokenSource.CreateLinkedTokenSource(TestEnvironment.Stop);
        _receiver = new WalReceiver(options, _store, TimeProvider.System, new Unobserved()).RunAsync(_stopReceiver.Token);
        await TestStandby.WaitForStreamingAsync(Primary, "barman_receive_wal");
    }

    public async Task StopReceiverAsync()
    {
        if (_stopReceiver is not { } stop)
            return;
        await stop.CancelAsync();
        await _receiver;
        stop.Dispose();
        _stopReceiver = null;
    }

    /// <summary>Runs <c>barman ARGS</c>.</summary>
    public async Task<BarmanAnswer> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var host = new BarmanHost
        {
            Out = output,
            Error = error,
            OutIsTerminal = false,
            Time = TimeProvider.System,
            LoadCluster = _ => Model,
        };
        var exitCode = await BarmanProgram.RunAsync(args, host, TestEnvironment.Stop);
        return new BarmanAnswer(exitCode, output.ToString(), error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await StopReceiverAsync();
        await Standby.DisposeAsync();
        await Primary.DisposeAsync();
        await _directory.DisposeAsync();
    }

    private async Task CreateRolesAsync(int major)
    {
        var (start, stop) = major >= 15
            ? ("pg_backup_start(text, boolean)", "pg_backup_stop(boolean)")
            : ("pg_start_backup(text, boolean, boolean)", "pg_stop_backup(boolean, boolean)");
        string[] statements =
        [
            $"create role streaming_barman login replication password '{Password}'",
            $"create role barman login replication password '{Password}'",
            "grant pg_monitor to barman",
            major >= 15 ? "grant pg_checkpoint to barman" : "select 1",
            $"grant execute on function {start}, {stop}, pg_switch_wal(), pg_create_restore_point(text) to barman",
        ];
        foreach (var statement in statements)
            await Primary.ExecuteAsync(statement);
    }
}

/// <summary>Looks away from the receiver's events.</summary>
internal sealed class Unobserved : IWalReceiverObserver
{
    public void OnEvent(WalReceiverEvent happened)
    {
    }
}

/// <summary>What one run of <c>barman</c> said.</summary>
internal sealed record BarmanAnswer(int ExitCode, string Output, string Error);
