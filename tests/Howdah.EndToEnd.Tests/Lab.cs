using System.Globalization;
using System.Text.Json;
using Howdah.Integration.Tests.Fixtures;
using Npgsql;

namespace Howdah.EndToEnd.Tests;

/// <summary>How a lab differs from the usual one.</summary>
public sealed record LabOptions(int Major = SupportedMajors.Default)
{
    public bool HasStandby { get; init; } = true;

    /// <summary>"off", "any" or "all".</summary>
    public string Synchronous { get; init; } = "off";

    /// <summary>Where the repository is; null: in the cluster's own directory.</summary>
    public string? Repository { get; init; }

    /// <summary>rate_limit of the cluster file; null: none.</summary>
    public string? RateLimit { get; init; }
}

/// <summary>
/// A cluster as a user makes it: a directory, a cluster file, and the native binary run as real processes. Destroyed at the end, and
/// whatever still runs in its directory is killed by process id.
/// </summary>
public sealed class Lab : IAsyncDisposable
{
    /// <summary>The user of the test's own connections.</summary>
    public const string AppPassword = "app-test-password";

    private readonly TestDirectory _directory;
    private readonly int _network = Random.Shared.Next(20, 250);

    private Lab(TestDirectory directory, LabOptions options)
    {
        ProcessTree.AdoptOrphans();
        _directory = directory;
        Options = options;
        Port = FreePort.Next(PrimaryAddress);
    }

    public const string Name = "master.local";

    public LabOptions Options { get; }

    public int Port { get; }

    public string PrimaryAddress => $"127.0.{_network}.2";

    public string StandbyAddress => $"127.0.{_network}.3";

    public string ClusterFile => _directory.File("howdah.toml");

    /// <summary>The cluster's own directory.</summary>
    public string Home => _directory.File("cluster");

    public string Repository => Options.Repository ?? Path.Combine(Home, "repository");

    /// <summary>A place for a test's other files, removed with the lab.</summary>
    public string File(string name) => _directory.File(name);

    public string DataOf(string node) => Path.Combine(Home, "nodes", node, "data");

    public static async Task<Lab> CreateAsync(LabOptions? options = null)
    {
        var lab = new Lab(await TestDirectory.CreateAsync("lab"), options ?? new LabOptions());
        _ = HowdahBinary.Path;
        await System.IO.File.WriteAllTextAsync(lab.ClusterFile, lab.ClusterToml());
        await TestDirectory.GiveToServerUserAsync(lab.ClusterFile);
        return lab;
    }

    /// <summary>Creates a lab and brings it up.</summary>
    public static async Task<Lab> UpAsync(LabOptions? options = null)
    {
        var lab = await CreateAsync(options);
        try
        {
            await lab.HowdahAsync("up", "--detach");
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs howdah on this lab and expects exit code 0; returns what it printed.</summary>
    public async Task<string> HowdahAsync(params string[] arguments)
    {
        var result = await TryHowdahAsync(arguments);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.Everything);
    }

    public Task<CommandResult> TryHowdahAsync(params string[] arguments) => TestCommand.TryRunAsync(
        [HowdahBinary.Path, .. arguments], Environment());

    public Task<CommandResult> TryBarmanAsync(params string[] arguments) => TestCommand.TryRunAsync(
        [HowdahBinary.Barman, .. arguments], Environment());

    /// <summary>Runs SQL as superuser and returns the bare values.</summary>
    public async Task<string> SqlAsync(string node, string sql, string database = "postgres") =>
        (await HowdahAsync("psql", node, "-d", database, "-XAtc", sql)).TrimEnd('\n');

    public IReadOnlyDictionary<string, string> Environment() => new Dictionary<string, string>
    {
        ["HOWDAH_CONFIG"] = ClusterFile,
        [$"HOWDAH_PG_BIN_{Options.Major}"] = TestInstallation.Require(Options.Major).BinDirectory,
    };

    /// <summary>Makes the role that <see cref="ConnectAsync"/> uses.</summary>
    public async Task CreateAppRoleAsync()
    {
        var found = await SqlAsync("master", "select count(*) from pg_roles where rolname = 'app'");
        if (found != "0") return;
        await SqlAsync("master", $"create role app login password '{AppPassword}'");
        await SqlAsync("master", "grant create, usage on schema public to app");
    }

    /// <summary>A connection of an application to a node's address.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(string? address = null, int? port = null)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = address ?? PrimaryAddress,
            Port = port ?? Port,
            Username = "app",
            Password = AppPassword,
            Database = "postgres",
            Pooling = false,
            Timeout = 10,
            CommandTimeout = 60,
            SslMode = SslMode.Disable,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(TestEnvironment.Stop);
        return connection;
    }

    /// <summary>The postmaster's process id of a node, or null.</summary>
    public int? Postmaster(string node)
    {
        var file = Path.Combine(DataOf(node), "postmaster.pid");
        if (!System.IO.File.Exists(file)) return null;
        var pid = int.Parse(System.IO.File.ReadLines(file).First(), CultureInfo.InvariantCulture);
        return ProcessTree.Exists(pid) ? pid : null;
    }

    /// <summary><c>kill -9</c> of every process of a node's server.</summary>
    public async Task KillServerAsync(string node)
    {
        if (Postmaster(node) is not { } pid) return;
        var processes = ProcessTree.WithChildren(pid);
        foreach (var process in processes) ProcessTree.Signal(process, ProcessTree.SigKill);
        await TestWait.UntilAsync($"the processes of {node} are gone", () => !processes.Any(ProcessTree.Exists));
    }

    /// <summary>The processes of our binary that serve this lab: the supervisor of <c>up</c>, whatever it is called.</summary>
    public IReadOnlyList<int> Services() => ProcessTree.Where(process =>
        process.CommandLine.Contains("howdah")
            && (process.CommandLine.Contains(_directory.Path) || process.Environment.Contains(ClusterFile))
        && !process.Program.Contains("postgres"));

    /// <summary>The text of the step that was begun and is not known to be done; null where there is none.</summary>
    public string? ReadIntent()
    {
        var file = Path.Combine(Home, "state", "intent.json");
        if (!System.IO.File.Exists(file)) return null;
        using var intent = JsonDocument.Parse(System.IO.File.ReadAllText(file));
        return intent.RootElement.GetProperty("text").GetString();
    }

    /// <summary><c>kill -9</c> of <see cref="Services"/>: nobody watches any more, and no WAL is received; the servers run on.</summary>
    public async Task KillServicesAsync()
    {
        var services = Services();
        Assert.NotEmpty(services);
        foreach (var service in services) ProcessTree.Signal(service, ProcessTree.SigKill);
        await TestWait.UntilAsync("the killed services are gone", () => !services.Any(ProcessTree.Exists));
    }

    public async ValueTask DisposeAsync()
    {
        await TryHowdahAsync("destroy", "--yes");
        for (var round = 0; round < 20; round++)
        {
            var left = ProcessTree.Where(process => process.Directory.StartsWith(_directory.Path)).Concat(Services()).Distinct().ToList();
            if (left.Count == 0) break;
            foreach (var process in left) ProcessTree.Signal(process, ProcessTree.SigKill);
            await TestWait.UntilAsync("the lab's processes are gone", () => !left.Any(ProcessTree.Exists));
        }

        await _directory.DisposeAsync();
    }

    private string ClusterToml()
    {
        var standby = Options.HasStandby
            ? $"[[nodes]]\nname = \"slave\"\naddress = \"{StandbyAddress}\"\nport = {Port}\napplication_name = \"walreceiver\"\n"
            : "";
        return $"""
            [cluster]
            name = "{Name}"
            postgresql = {Options.Major}
            directory = "{Home}"
            synchronous = "{Options.Synchronous}"

            [[nodes]]
            name = "master"
            address = "{PrimaryAddress}"
            port = {Port}

            {standby}
            [backup]
            name = "backup"
            address = "127.0.{_network}.4"
            application_name = "barman_receive_wal"
            slot = "barman"
            repository = "{Repository}"
            {(Options.RateLimit is { } limit ? $"rate_limit = \"{limit}\"" : "")}

            [users]
            replication = "streaming_barman"
            backup = "barman"

            [settings]
            shared_buffers = "32MB"
            dynamic_shared_memory_type = "mmap"

            [hba]
            lines = ["host all app 127.0.0.0/8 scram-sha-256"]

            """;
    }
}
