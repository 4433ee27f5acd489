using System.Globalization;
using Npgsql;

namespace Howdah.Integration.Tests.Fixtures;

/// <summary>A real PostgreSQL server on loopback with its own directory, stopped by process id when disposed.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly TestDirectory _directory;
    private readonly TestNetworkHost? _host;
    private int _postmaster;

    private TestServer(TestInstallation installation, TestDirectory directory, TestServerOptions options)
    {
        Installation = installation;
        _directory = directory;
        _host = options.Host;
        Address = options.Host?.Address ?? options.Address;
        Port = FreePort.Next(options.Host is null ? Address : "127.0.0.1");
        DataDirectory = Path.Combine(options.DataDirectoryParent ?? directory.Path, "data");
        RunningServers.Register(this);
    }

    public TestInstallation Installation { get; }

    public string DataDirectory { get; }

    public string Address { get; }

    public int Port { get; }

    /// <summary>Removed with the server; free for a test's other files.</summary>
    public string Directory => _directory.Path;

    public string LogFile => _directory.File("postgresql.log");

    public int Major => Installation.Major;

    /// <summary>The postmaster's process id while the server runs, else 0.</summary>
    public int Postmaster => _postmaster;

    public string Password { get; } = DataDirectoryTemplates.Password;

    /// <summary>A libpq connection string for the superuser.</summary>
    public string Conninfo => $"host={Address} port={Port} user=postgres password={Password} dbname=postgres";

    /// <summary>Makes a data directory and starts a primary on it.</summary>
    public static async Task<TestServer> StartAsync(TestServerOptions? options = null)
    {
        var server = await PrepareAsync(options ?? new TestServerOptions());
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a data directory with its settings and starts nothing.</summary>
    public static async Task<TestServer> PrepareAsync(TestServerOptions options)
    {
        var server = await AdoptAsync(options);
        if (options.OwnSystemIdentifier)
            await DataDirectoryTemplates.InitializeAsync(server.Installation, options.SegmentSizeMegabytes, server.DataDirectory);
        else
            await DataDirectoryTemplates.CopyAsync(server.Installation, options.SegmentSizeMegabytes, server.DataDirectory);
        await server.WriteSettingsAsync(options);
        return server;
    }

    /// <summary>
    /// A server whose data directory somebody else will make, for example a restore: call <see cref="WriteSettingsAsync"/> then.
    /// </summary>
    public static async Task<TestServer> AdoptAsync(TestServerOptions options)
    {
        var installation = TestInstallation.Require(options.Major);
        return new TestServer(installation, await TestDirectory.CreateAsync($"pg{options.Major}"), options);
    }

    /// <summary>Appends the settings that make the data directory this server's own, and the test's.</summary>
    public async Task WriteSettingsAsync(TestServerOptions options)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["listen_addresses"] = Address,
            ["port"] = Port.ToString(CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = _directory.Path,
            ["shared_buffers"] = "16MB",
            ["max_connections"] = "50",
            ["max_wal_senders"] = "10",
            ["max_replication_slots"] = "10",
            ["wal_level"] = "replica",
            ["hot_standby"] = "on",
            ["fsync"] = "off", // a killed process loses nothing that it wrote; only a power cut would
            ["dynamic_shared_memory_type"] = "mmap", // in the data directory: what a killed server leaves goes with it
            ["log_replication_commands"] = "on",
            ["password_encryption"] = "scram-sha-256",
        };
        foreach (var (name, value) in options.Settings) settings[name] = value;
        await File.AppendAllLinesAsync(
            Path.Combine(DataDirectory, "postgresql.conf"),
            settings.Select(setting => $"{setting.Key} = '{setting.Value.Replace("'", "''", StringComparison.Ordinal)}'"));
        await File.WriteAllLinesAsync(
            Path.Combine(DataDirectory, "pg_hba.conf"),
            [
                .. options.HbaLines,
                "local all all scram-sha-256",
                "host all all 127.0.0.0/8 scram-sha-256",
                "host replication all 127.0.0.0/8 scram-sha-256",
                $"host all all {TestNetworkHost.Range} scram-sha-256",
                $"host replication all {TestNetworkHost.Range} scram-sha-256",
            ]);
    }

    /// <summary>Starts the server on its data directory and waits until it accepts connections.</summary>
    /// <param name="options">Settings for the command line, as "name=value": they win over every file.</param>
    public async Task StartAgainAsync(params string[] options)
    {
        string[] given = options.Length == 0 ? [] : ["-o", string.Join(' ', options.Select(option => $"-c '{option}'"))];
        var command = TestCommand.Unprivileged(
            [Installation.PgCtl, "-D", DataDirectory, "-l", LogFile, "-w", "-t", "60", .. given, "start"]);
        var result = await TestCommand.TryRunAsync(_host is null ? command : _host.Inside(command));
        if (result.ExitCode != 0) throw new InvalidOperationException(result.Everything + await ReadLogAsync());
        var pidFile = await File.ReadAllLinesAsync(Path.Combine(DataDirectory, "postmaster.pid"));
        _postmaster = int.Parse(pidFile[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Stops the server: "smart", "fast" or "immediate".</summary>
    public async Task StopAsync(string mode = "fast")
    {
        if (_postmaster == 0) return;
        await TestCommand.RunUnprivilegedAsync([Installation.PgCtl, "-D", DataDirectory, "-m", mode, "-w", "-t", "60", "stop"]);
        _postmaster = 0;
    }

    /// <summary><c>kill -9</c> of every process of the server: what a crashed host leaves behind.</summary>
    public async Task KillAsync()
    {
        if (_postmaster == 0) return;
        var processes = KillNow();
        await TestWait.UntilAsync("the killed server's processes are gone", () => !processes.Any(ProcessTree.Exists));
        _postmaster = 0;
    }

    /// <summary><c>SIGSTOP</c> to every process: the server accepts connections and answers nothing.</summary>
    public void Freeze() => SignalAll(ProcessTree.SigStop);

    public void Thaw() => SignalAll(ProcessTree.SigCont);

    public async Task PromoteAsync()
    {
        await TestCommand.RunUnprivilegedAsync([Installation.PgCtl, "-D", DataDirectory, "-w", "-t", "60", "promote"]);
        await TestWait.UntilAsync("the promoted server writes", async () => await ScalarAsync("select pg_is_in_recovery()") == "False");
    }

    /// <summary>Runs a statement as superuser.</summary>
    public async Task ExecuteAsync(string sql, string database = "postgres")
    {
        await using var connection = await ConnectAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestEnvironment.Stop);
    }

    /// <summary>Runs a query as superuser; its first value as text, or null.</summary>
    public async Task<string?> ScalarAsync(string sql, string database = "postgres")
    {
        await using var connection = await ConnectAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        var value = await command.ExecuteScalarAsync(TestEnvironment.Stop);
        return value is null or DBNull ? null : Convert.ToString(value, CultureInfo.InvariantCulture);
    }

    /// <summary>Makes a tablespace in a directory of its own beside the data directory; answers that directory.</summary>
    public async Task<string> CreateTablespaceAsync(string name, string directoryName)
    {
        var place = Path.Combine(Directory, directoryName);
        System.IO.Directory.CreateDirectory(place);
        await TestDirectory.GiveToServerUserAsync(place);
        await ExecuteAsync($"create tablespace {name} location '{place}'");
        return place;
    }

    /// <summary>A connection of the superuser, without a pool: tests kill servers.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(string database = "postgres")
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = Address,
            Port = Port,
            Username = "postgres",
            Password = Password,
            Database = database,
            Pooling = false,
            Timeout = 10,
            SslMode = SslMode.Disable,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(TestEnvironment.Stop);
        return connection;
    }

    /// <summary>Runs psql as superuser: <c>PsqlAsync("-c", "\\l test")</c>.</summary>
    public Task<string> PsqlAsync(params string[] arguments) => TestCommand.RunAsync(
        [
            TestInstallation.Psql, "-X", "-v", "ON_ERROR_STOP=1", "-h", Address, "-p", Port.ToString(), "-U", "postgres", "-d", "postgres",
            .. arguments,
        ],
        new Dictionary<string, string> { ["PGPASSWORD"] = Password });

    public async Task<string> ReadLogAsync() =>
        File.Exists(LogFile) ? await File.ReadAllTextAsync(LogFile) : "";

    public async ValueTask DisposeAsync()
    {
        RunningServers.Forget(this);
        Thaw();
        await KillAsync();
        if (System.IO.Directory.Exists(DataDirectory)) System.IO.Directory.Delete(DataDirectory, recursive: true);
        await _directory.DisposeAsync();
    }

    /// <summary>Kills without waiting; returns the processes that were signalled.</summary>
    internal IReadOnlyList<int> KillNow()
    {
        if (_postmaster == 0) return [];
        // The postmaster first and frozen children never: it would start new ones for those that die before it.
        var processes = ProcessTree.WithChildren(_postmaster);
        foreach (var process in processes) ProcessTree.Signal(process, ProcessTree.SigKill);
        return processes;
    }

    private void SignalAll(int signal)
    {
        if (_postmaster == 0) return;
        foreach (var process in ProcessTree.WithChildren(_postmaster)) ProcessTree.Signal(process, signal);
    }
}
