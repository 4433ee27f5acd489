using Howdah.Cluster;
using Howdah.Cluster.Adoption;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Planning;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Restore;
using Howdah.Postgres.Server;
using Npgsql;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>Servers that somebody else set up, and a cluster file that names them.</summary>
internal sealed class AdoptionScene : IAsyncDisposable
{
    private const string AppPassword = "app-test-password";

    private readonly TestDirectory _directory;
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(4));
    private readonly List<TestServer> _servers = [];

    private AdoptionScene(TestDirectory directory, TestServer main)
    {
        _directory = directory;
        Main = main;
        _servers.Add(main);
    }

    public TestServer Main { get; }

    /// <summary>Goes before the rest of the cluster file's sections.</summary>
    public string Edits { get; set; } = "";

    public string ClusterFile => _directory.File("howdah.toml");

    /// <summary>A place for a test's other files.</summary>
    public string File(string name) => _directory.File(name);

    public CancellationToken Token => _deadline.Token;

    public ClusterModel Model => ReadModel();

    /// <summary>A primary with an application's role and table.</summary>
    /// <param name="options">How it differs.</param>
    /// <param name="arrange">Moves its files about before it is started; answers options for its command line.</param>
    public static async Task<AdoptionScene> StartAsync(
        TestServerOptions options, Func<AdoptionScene, IReadOnlyList<string>>? arrange = null)
    {
        // The product logs in as whoever runs the server.
        var map = $"howdah {Environment.UserName} postgres\n";
        options = options with { HbaLines = ["local all postgres peer map=howdah", .. options.HbaLines] };
        var main = await TestServer.PrepareAsync(options);
        var scene = new AdoptionScene(await TestDirectory.CreateAsync("adopt"), main);
        await System.IO.File.AppendAllTextAsync(Path.Combine(main.DataDirectory, "pg_ident.conf"), map);
        await main.StartAgainAsync([.. arrange?.Invoke(scene) ?? []]);
        await main.ExecuteAsync($"create role app login password '{AppPassword}'; create table paid (n int); grant all on paid to app");
        return scene;
    }

    public async Task<TestServer> AddStandbyAsync()
    {
        var standby = await TestStandby.CreateAsync(Main);
        _servers.Add(standby);
        // The fixture has written lines of its own.
        await System.IO.File.WriteAllTextAsync(
            Path.Combine(standby.DataDirectory, "pg_hba.conf"),
            await System.IO.File.ReadAllTextAsync(Path.Combine(Main.DataDirectory, "pg_hba.conf"), Token), Token);
        await standby.ExecuteAsync("select pg_reload_conf()");
        return standby;
    }

    public async Task WriteClusterFileAsync()
    {
        var nodes = _servers.Select((server, index) => $"""
            [[nodes]]
            name = "{(index == 0 ? "main" : "copy")}"    # a person's remark
            address = "{server.Address}"
            port = {server.Port}
            data_directory = "{server.DataDirectory}"

            """);
        await System.IO.File.WriteAllTextAsync(ClusterFile, $"""
            # shop, set up long ago
            [cluster]
            name = "shop"
            postgresql = {Main.Major}
            directory = "{_directory.File("cluster")}"
            {string.Concat(nodes)}
            [backup]
            address = "127.0.0.4"
            {Edits}
            """, Token);
    }

    public ClusterAdoption Adoption() => new(Model, Operations().Environment);

    public Task<AdoptionPlan> PlanAsync(bool leavesOut = false) =>
        Adoption().PlanAsync(new AdoptionOptions { LeavesOutRefusedLines = leavesOut }, Token);

    public async Task<AdoptionPlan> AdoptAsync(bool leavesOut = false)
    {
        var plan = await PlanAsync(leavesOut);
        Assert.Empty(plan.Problems);
        await Adoption().RunAsync(plan, ClusterFile, Token);
        return plan;
    }

    public ClusterOperations Operations() => new(
        Model,
        new ClusterEnvironment
        {
            Time = TimeProvider.System,
            Observer = new TestObserver(),
            FetchProgram = BuiltProgram.Path,
            InstallationDirectories = ["/var/cache/howdah-tests/postgres"],
        });

    public Task<UpResult> UpAsync() => Operations().UpAsync(new UpOptions { Stay = false }, Token);

    /// <summary>What howdah plan says beside that nobody receives, because nobody stays.</summary>
    public async Task<IEnumerable<PlanStep>> StepsLeftAsync() => (await Operations().PlanAsync(Token)).Steps
        .Where(step => step.Kind is not (PlanStepKind.StartReceiver or PlanStepKind.AwaitReceiver));

    public async Task<NpgsqlConnection> ConnectAsAppAsync()
    {
        var connection = new NpgsqlConnection(
            $"Host={Main.Address};Port={Main.Port};Username=app;Password={AppPassword};Database=postgres;Pooling=false;SSL Mode=Disable");
        await connection.OpenAsync(Token);
        return connection;
    }

    public static int Postmaster(TestServer server) => PostmasterFile.Read(server.DataDirectory)!.ProcessId;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Enumerable.Reverse(_servers))
        {
            // Howdah may have restarted it, and then it is another process than the one that the fixture knows.
            var installation = new PostgresInstallation(server.Installation.BinDirectory, new(server.Major * 10000));
            await new PostgresServer(installation, server.DataDirectory, "/dev/null", TimeProvider.System)
                .StopAsync(ShutdownMode.Immediate, TimeSpan.FromSeconds(30), CancellationToken.None);
            await server.DisposeAsync();
        }

        await _directory.DisposeAsync();
        _deadline.Dispose();
    }

    private ClusterModel ReadModel()
    {
        var read = ClusterConfigReader.Read(
            System.IO.File.ReadAllText(ClusterFile), ClusterFile, new ConfigDefaults { ClusterRoot = "/tmp" });
        Assert.True(read.Model is not null, string.Join('\n', read.Problems));
        return read.Model;
    }
}
