using System.Globalization;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Operations.Backup;
using Howdah.Operations.FetchWal;
using Howdah.Operations.Restore;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Repository;
using Howdah.Repository.Snapshots;
using Howdah.Repository.Wal;
using Npgsql;

namespace Howdah.Integration.Tests.Restore;

/// <summary>
/// A primary and a repository beside it. WAL is stored by copying the server's own pg_wal: what a receiver would have stored, at the
/// moment that the test wants.
/// </summary>
internal sealed class RestoreScene : IAsyncDisposable, IWalArrival
{
    private readonly TestDirectory _directory;
    private readonly List<TestServer> _servers = [];

    private RestoreScene(TestDirectory directory, TestServer primary)
    {
        _directory = directory;
        Primary = primary;
        _servers.Add(primary);
        Repository = BackupRepository.CreateOrOpen(
            directory.File("repository"), new RepositoryOptions { PartialFrontier = PartialFrontier.Read });
    }

    public TestServer Primary { get; }

    public BackupRepository Repository { get; }

    public WalStore Wal { get; private set; } = null!;

    public int Major => Primary.Major;

    public static async Task<RestoreScene> CreateAsync(int major, IReadOnlyDictionary<string, string>? settings = null)
    {
        var all = new Dictionary<string, string>(settings ?? new Dictionary<string, string>(), StringComparer.Ordinal)
        {
            [major >= 13 ? "wal_keep_size" : "wal_keep_segments"] = "500",
            ["min_wal_size"] = "2MB",
        };
        var primary = await TestServer.StartAsync(new TestServerOptions(major) { Settings = all, SegmentSizeMegabytes = 1 });
        var scene = new RestoreScene(await TestDirectory.CreateAsync("restore"), primary);
        var system = SystemIdentifier.Parse((await primary.ScalarAsync("select system_identifier from pg_control_system()"))!);
        scene.Wal = scene.Repository.Wal(system, new WalSegmentSize(1 << 20));
        return scene;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Enumerable.Reverse(_servers))
            await server.DisposeAsync();
        await _directory.DisposeAsync();
    }

    public string File(string name) => _directory.File(name);

    public void Own(TestServer server) => _servers.Add(server);

    public async Task<Snapshot> BackupAsync(
        TestServer? from = null, Func<BackupRequest, BackupRequest>? adapt = null, IBackupObserver? observer = null)
    {
        var request = new BackupRequest
        {
            Connection = ConnectionStringParser.Parse((from ?? Primary).Conninfo, ConnectionDefaults.Empty),
            Snapshots = Repository.Snapshots,
            Wal = this,
            Lineage = Wal.LineageId,
            System = Wal.System,
            Database = "postgres",
        };
        var snapshot = await new BackupOperation(TimeProvider.System, observer ?? NoBackupObserver.Instance)
            .RunAsync(adapt is null ? request : adapt(request), TestEnvironment.Stop);
        await TestDirectory.GiveToServerUserAsync(Repository.Directory);
        return snapshot;
    }

    Task IWalArrival.WaitAsync(TimelineId timeline, LsnRange range, CancellationToken cancellationToken) => StoreWalAsync();

    /// <summary>Stores all WAL that the server has now: complete segments, the current one as a partial, histories.</summary>
    public async Task StoreWalAsync(TestServer? from = null)
    {
        var server = from ?? Primary;
        var now = Lsn.Parse(await server.ScalarAsync("select pg_current_wal_flush_lsn()::text"));
        var timeline = new TimelineId(
            uint.Parse((await server.ScalarAsync("select timeline_id from pg_control_checkpoint()"))!, CultureInfo.InvariantCulture));
        foreach (var path in Directory.GetFiles(Path.Combine(server.DataDirectory, "pg_wal")).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (WalFileName.Classify(name) == WalFileKind.History && WalFileName.TryParseTimeline(name, out var history))
                await Wal.StoreHistoryAsync(history, await System.IO.File.ReadAllBytesAsync(path), TestEnvironment.Stop);
            else if (WalSegment.TryParse(name, Wal.SegmentSize, out var segment) && segment.Timeline == timeline && segment.Start < now)
                await StoreSegmentAsync(path, segment, now);
        }

        await TestDirectory.GiveToServerUserAsync(Repository.Directory);
    }

    /// <summary>The server's clock.</summary>
    public static async Task<DateTimeOffset> NowAsync(TestServer server)
    {
        const string utc = "select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US')";
        return DateTimeOffset.ParseExact(
            (await server.ScalarAsync(utc))!, "yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
    }

    /// <summary>Plans a restore into a directory that does not exist.</summary>
    public Task<RestorePlan> PlanAsync(RestoreTarget target, string? snapshot = null) =>
        new RestoreOperation(Repository, Options(File("planned"), target) with { Snapshot = snapshot }, TimeProvider.System)
            .PlanAsync(TestEnvironment.Stop);

    /// <summary>Flips a bit of the first timeline's WAL in the repository.</summary>
    public void DamageWal(Lsn lsn)
    {
        var segment = WalSegment.Containing(TimelineId.First, lsn, Wal.SegmentSize);
        var path = System.IO.File.Exists(Wal.SegmentPath(segment)) ? Wal.SegmentPath(segment) : Wal.PartialPath(segment);
        using var file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var octet = new byte[1];
        RandomAccess.Read(file, octet, (long)(lsn - segment.Start));
        octet[0] ^= 1;
        RandomAccess.Write(file, octet, (long)(lsn - segment.Start));
    }

    public RestoreOptions Options(string directory, RestoreTarget target) =>
        new(directory, target) { FetchProgram = BuiltProgram.Path, System = Wal.System };

    /// <summary>Plans, restores, and starts a server of its own on the result.</summary>
    public async Task<TestServer> RestoreAsync(RestoreTarget target, Func<RestoreOptions, RestoreOptions>? adapt = null)
    {
        var options = new TestServerOptions(Major);
        var server = await TestServer.AdoptAsync(options);
        _servers.Add(server);
        var wanted = Options(server.DataDirectory, target) with { ListenAddresses = server.Address, Port = server.Port };
        var operation = new RestoreOperation(Repository, adapt is null ? wanted : adapt(wanted), TimeProvider.System);
        await operation.RunAsync(await operation.PlanAsync(TestEnvironment.Stop), TestEnvironment.Stop);
        await server.WriteSettingsAsync(options);
        await TestDirectory.GiveToServerUserAsync(server.Directory);
        return server;
    }

    public async Task<TestServer> RestoreAndStartAsync(RestoreTarget target, Func<RestoreOptions, RestoreOptions>? adapt = null)
    {
        var server = await RestoreAsync(target, adapt);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Waits until recovery has ended, by promotion or by a pause at the target.</summary>
    public static Task WaitForTargetAsync(TestServer server) => TestWait.UntilAsync("recovery has reached its target", async () =>
    {
        if (await server.ScalarAsync("select pg_is_in_recovery()") == "False")
            return true;
        var paused = server.Major >= 14 ? "select pg_get_wal_replay_pause_state() = 'paused'" : "select pg_is_wal_replay_paused()";
        try
        {
            return await server.ScalarAsync(paused) == "True";
        }
        catch (PostgresException ended) when (ended.SqlState == PostgresErrorCodes.ObjectNotInPrerequisiteState)
        {
            // Promoted between the two questions.
            return true;
        }
    });

    private async Task StoreSegmentAsync(string path, WalSegment segment, Lsn now)
    {
        if (System.IO.File.Exists(Wal.SegmentPath(segment)))
            return;
        var content = await System.IO.File.ReadAllBytesAsync(path, TestEnvironment.Stop);
        if (segment.End > now)
            content.AsSpan((int)(now - segment.Start)).Clear();
        await System.IO.File.WriteAllBytesAsync(Wal.PartialPath(segment), content, TestEnvironment.Stop);
        if (segment.End <= now)
            await Wal.CompleteSegmentAsync(segment, TestEnvironment.Stop);
    }
}
