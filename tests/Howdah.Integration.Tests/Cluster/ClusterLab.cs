using System.Diagnostics;
using Howdah.Cluster;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Integration.Tests.Restore;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Server;
using Howdah.Postgres.Sql;

namespace Howdah.Integration.Tests.Cluster;

/// <summary>The lab of the seed task for one test: a primary, a standby and a backup host in a directory of their own.</summary>
internal sealed class ClusterLab : IAsyncDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(4));

    public ClusterLab(int major, string? directory = null, IReadOnlyList<int>? ports = null, string synchronous = "off")
    {
        Major = major;
        Synchronous = synchronous;
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("howdah-up-").FullName;
        Ports = ports ?? [FreePort.Next("127.0.10.2"), FreePort.Next("127.0.10.3")];
        Model = Read("");
    }

    /// <summary>Edits the [settings] of the cluster file.</summary>
    public void Change(string settings) => Model = Read(settings);

    /// <summary>Edits the text of the cluster file.</summary>
    public void Edit(Func<string, string> edit) => Model = Parse(edit(Model.Source));

    private ClusterModel Read(string settings)
    {
        var text = $"""
            [cluster]
            name = "master.local"
            postgresql = {Major}
            directory = "{Directory}"
            synchronous = "{Synchronous}"
            [[nodes]]
            name = "master"
            address = "127.0.10.2"
            port = {Ports[0]}
            [[nodes]]
            name = "slave"
            address = "127.0.10.3"
            port = {Ports[1]}
            application_name = "walreceiver"
            [backup]
            name = "backup"
            address = "127.0.10.4"
            [users]
            replication = "streaming_barman"
            backup = "barman"
            [settings]
            dynamic_shared_memory_type = "mmap"
            {settings}
            """;
        return Parse(text);
    }

    private static ClusterModel Parse(string text)
    {
        var read = ClusterConfigReader.Read(text, "howdah.toml", new ConfigDefaults { ClusterRoot = "/tmp" });
        Assert.True(read.Model is not null, string.Join('\n', read.Problems));
        return read.Model;
    }

    public int Major { get; }

    public string Synchronous { get; }

    public string Directory { get; }

    public IReadOnlyList<int> Ports { get; }

    public ClusterModel Model { get; private set; }

    public CancellationToken Token => _deadline.Token;

    public NodeModel Master => Model.Nodes[0];

    public NodeModel Slave => Model.Nodes[1];

    public ClusterOperations Operations(IClusterObserver? observer = null) => new(
        Model,
        new ClusterEnvironment
        {
            Time = TimeProvider.System,
            Observer = observer ?? new TestObserver(),
            FetchProgram = BuiltProgram.Path,
            InstallationDirectories = ["/var/cache/howdah-tests/postgres"],
        });

    public Task<UpResult> UpAsync(IClusterObserver? observer = null) => Operations(observer).UpAsync(new UpOptions { Stay = false }, Token);

    /// <summary>Starts an <c>up</c> that stays, and waits until it is ready; ends it when disposed.</summary>
    public async Task<SupervisedLab> SuperviseAsync()
    {
        var supervised = new SupervisedLab(this);
        await supervised.Ready;
        return supervised;
    }

    /// <summary>Waits until status says what is wanted.</summary>
    public Task EventuallyAsync(string what, Func<ClusterStatus, bool> condition) =>
        TestWait.UntilAsync(what, async () => condition(await Operations().StatusAsync(Token)));

    /// <summary>kill -9 of a node's server.</summary>
    public static void Kill(NodeModel node) =>
        Process.GetProcessById(PostmasterFile.Read(node.DataDirectory)!.ProcessId).Kill();

    public SqlDatabase Connect(NodeModel node) => SqlDatabase.Open(
        ConnectionSettings.ForServer(
            Model.Paths.SocketDirectory(node), node.Port) with
        { User = "postgres", Database = "postgres", SslMode = SslMode.Disable });

    public async Task<string?> ScalarAsync(NodeModel node, string query)
    {
        await using var database = Connect(node);
        var rows = await database.QueryAsync($"select ({query})::text as value", [], Token);
        return rows.Single().Text("value");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var file in Model.Nodes.SelectMany(
            node => new[] { node.DataDirectory, node.DataDirectory + ".new", node.DataDirectory + ".removed" }))
            await StopAsync(file);
        await ShowLogsAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
        _deadline.Dispose();
    }

    /// <summary>The ends of the servers' logs, which are shown where the test has failed.</summary>
    private async Task ShowLogsAsync()
    {
        foreach (var log in Model.Nodes.Select(Model.Paths.NodeLog).Where(File.Exists))
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"-- {log}");
            foreach (var line in (await File.ReadAllLinesAsync(log)).TakeLast(40))
                TestContext.Current.TestOutputHelper?.WriteLine(line);
        }
    }

    /// <summary>Stops the server, as a crash would, where one runs.</summary>
    public async Task StopAsync(string dataDirectory)
    {
        var installation = await PostgresInstallations.FindAsync(Major, ["/var/cache/howdah-tests/postgres"], CancellationToken.None);
        await new PostgresServer(installation, dataDirectory, "/dev/null", TimeProvider.System)
            .StopAsync(ShutdownMode.Immediate, TimeSpan.FromSeconds(30), CancellationToken.None);
    }
}

/// <summary>Keeps what it hears, and writes it to the test's output.</summary>
internal class TestObserver : IClusterObserver
{
    private readonly long _began = Stopwatch.GetTimestamp();

    public List<Announcement> Announcements { get; } = [];

    public void Planned(ClusterPlan plan) => Write($"plan: {plan.Steps.Count} steps, {plan.Obstacles.Count} obstacles");

    public virtual void StepStarted(PlanStep step) => Write($"> {step.Text} ({step.Reason})");

    public void StepProgressed(PlanStep step, StepProgress progress)
    {
    }

    public virtual void StepFinished(PlanStep step, TimeSpan took) => Write($"  done in {took.TotalMilliseconds:0} ms");

    public void StepFailed(PlanStep step, OperationException failure) => Write($"  failed: {failure.Message}");

    public void Announced(Announcement announcement)
    {
        Announcements.Add(announcement);
        Write($"! {announcement.Text}");
    }

    private void Write(string text) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{Stopwatch.GetElapsedTime(_began).TotalMilliseconds,6:0} {text}");
}
