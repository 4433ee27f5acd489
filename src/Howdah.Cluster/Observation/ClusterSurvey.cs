using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Operations.FetchWal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Sql;
using Howdah.Repository;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>Looks at everything of a cluster on this machine and changes nothing.</summary>
internal sealed class ClusterSurvey(
    ClusterModel model, ClusterEnvironment environment, PostgresInstallation installation) : IAsyncDisposable
{
    private readonly Dictionary<NodeModel, SqlDatabase> _databases = [];
    private readonly ClusterStateFiles _files = new(model.Paths);
    private readonly SecretFiles _secrets = new(model);

    public async Task<ObservedCluster> TakeAsync(CancellationToken cancellationToken)
    {
        var budget = _files.ReadSlotWalBudget();
        var seen = new List<ObservedNode>();
        foreach (var node in SharedTablespaces.Mark([.. model.Nodes.Select(ReadFiles)]))
            seen.Add(await AskAsync(node, cancellationToken));
        var topology = Topology.Of(model, seen);
        var nodes = seen.Select(node => Compare(node, topology, budget)).ToList();
        var proof = _files.ReadProof();
        // Nobody may answer: what was proven last is of this cluster, too.
        var system = nodes.Select(node => node.Answers?.System).FirstOrDefault(found => found is not null) ?? proof?.System;
        return new ObservedCluster
        {
            At = environment.Time.GetUtcNow(),
            HasDirectories = ClusterDirectories.Of(model).All(Presence.OfDirectory) && budget is not null,
            HasSecrets = _secrets.AreComplete,
            Nodes = nodes,
            Backup = await ReadRepositoryAsync(system, cancellationToken),
            Topology = topology,
            SlotWalBudget = budget,
            Proof = proof,
            SupervisorProcessId = SupervisorLock.FindHolder(model.Paths),
            SupervisorLastSign = SupervisorLock.LastSign(model.Paths),
        };
    }

    /// <summary>The superuser's sessions with a node; kept for the life of the survey.</summary>
    public SqlDatabase Database(NodeModel node)
    {
        if (!_databases.TryGetValue(node, out var database))
            _databases[node] = database = ClusterConnections.OpenSuperuser(model, node);
        return database;
    }

    public RenderOptions RenderOptionsFor(NodeModel? primary) => new()
    {
        Version = installation.Version,
        Primary = primary,
        SlotWalBudget = _files.ReadSlotWalBudget(),
        OsUser = environment.OsUser,
        FetchWalCommand = environment.FetchWalCommand,
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases.Values)
            await database.DisposeAsync();
        _databases.Clear();
    }

    private ObservedNode ReadFiles(NodeModel node)
    {
        var paths = NodePaths.Of(node);
        var server = new PostgresServer(installation, node.DataDirectory, model.Paths.NodeLog(node), environment.Time);
        var data = PlaceOf(node.DataDirectory);
        var isStandby = data == DataPlace.Initialized && DataDirectoryFiles.HasStandbyMarker(node.DataDirectory, installation.Version);
        return new ObservedNode(node)
        {
            Data = data,
            HasStandbyMarker = isStandby,
            ReplayedLimits = isStandby ? StandbyLimits.Replayed(node.DataDirectory) : NodeAnswers.NoLimits,
            Server = server.ReadStatus(),
            Staged = Presence.OfDirectory(paths.Staged) ? StagedCopy.Verified
                : Presence.OfDirectory(paths.Unfinished) ? StagedCopy.Unfinished
                : StagedCopy.None,
            HasReplacedData = Presence.OfDirectory(paths.Replaced),
            IsRebuildRequested = _files.IsRebuildRequested(node.Name),
            IsGivenUp = _files.IsGivenUp(node.Name),
            IsRemoved = _files.IsRemoved(node.Name),
        };
    }

    private DataPlace PlaceOf(string directory)
    {
        if (DataDirectoryFiles.IsAbsent(directory))
            return DataPlace.Absent;
        var version = Path.Combine(directory, "PG_VERSION");
        var isOurs = Presence.OfFile(version)
            && StorageFailure.Run($"reading {version}", () => File.ReadAllText(version)).Trim() == $"{installation.Version.Major}";
        return isOurs ? DataPlace.Initialized : DataPlace.Foreign;
    }

    private async Task<ObservedNode> AskAsync(ObservedNode node, CancellationToken cancellationToken)
    {
        if (!node.Server.AcceptsConnections)
            return node.Server.IsRunning ? node with { Problem = $"is {node.Server.State.ToString().ToLowerInvariant()}" } : node;
        try
        {
            var queries = new NodeQueries(Database(node.Model));
            return node with { Answers = await queries.AskAsync(model.Users, _secrets.Find, TimesOf(node.Model), cancellationToken) };
        }
        catch (OperationException failure)
        {
            return node with { Problem = failure.Message };
        }
    }

    /// <summary>The paths alone decide what is a configuration file, so any role's rendering names them.</summary>
    private FileTimes TimesOf(NodeModel node)
    {
        var rendering = NodeRenderer.Render(model, node, NodeRole.Primary, RenderOptionsFor(null));
        var recovery = Path.Combine(node.DataDirectory, RecoveryConf.FileName);
        return new FileTimes(
            ConfigurationFiles.NewestWrite(rendering, node.DataDirectory),
            Presence.OfFile(recovery) ? new DateTimeOffset(File.GetLastWriteTimeUtc(recovery)) : null);
    }

    private ObservedNode Compare(ObservedNode node, Topology topology, Core.Units.ByteSize? budget)
    {
        if (topology.RoleOf(node.Model) is not { } role)
            return node;
        var wanted = NodeRenderer.Render(model, node.Model, role, RenderOptionsFor(topology.Primary) with { SlotWalBudget = budget });
        var differing = node.Data == DataPlace.Initialized ? ConfigurationFiles.Differing(wanted, node.Model.DataDirectory) : [];
        var refused = _files.ReadRefused(node.Model.Name);
        return refused is null || refused.Fingerprint != ConfigurationFiles.Fingerprint(wanted)
            ? node with { Wanted = wanted, DifferingFiles = differing }
            : node with
            {
                Wanted = wanted,
                DifferingFiles = [.. differing.Except(ConfigurationFiles.StartFiles, StringComparer.Ordinal)],
                RefusedBecause = refused.Said,
            };
    }

    private async Task<ObservedBackup> ReadRepositoryAsync(SystemIdentifier? system, CancellationToken cancellationToken)
    {
        try
        {
            if (!Presence.OfDirectory(model.Backup.RepositoryDirectory))
                return new ObservedBackup { HasRepository = false };
            var repository = BackupRepository.Open(model.Backup.RepositoryDirectory, PartialFrontier.Options(environment.Time));
            return await ReadAsync(repository, system, cancellationToken);
        }
        catch (OperationException failure)
        {
            var empty = failure.Code != ErrorCodes.AccessDenied && DataDirectoryFiles.IsEmpty(model.Backup.RepositoryDirectory);
            return new ObservedBackup { HasRepository = false, Problem = empty ? null : failure.Message };
        }
    }

    private static async Task<ObservedBackup> ReadAsync(
        BackupRepository repository, SystemIdentifier? system, CancellationToken cancellationToken)
    {
        // What can be restored does not depend on a server that answers: without one the only system there is ours.
        system ??= repository.ListSystems() is [var only] ? only : null;
        var records = (await repository.Snapshots.ListAsync(cancellationToken)).Select(snapshot => snapshot.Record).ToList();
        var ledger = system is { } current && repository.FindWal(current) is { } store
            ? await store.ReadLedgerAsync(cancellationToken)
            : null;
        return new ObservedBackup
        {
            HasRepository = true,
            Systems = repository.ListSystems(),
            Snapshots = [.. records.Where(record => record.IsClean() && (system is null || record.System == system))
                .Select(record => new SnapshotSummary(record.Id, record.System, record.StoppedAt, record.StopLsn))],
            Window = ledger is null ? null : RestorableWindow.Of([.. records.Select(record => record.ToRestorable())], ledger),
            Gaps = ledger?.Gaps.Count() ?? 0,
            LastDrill = repository.Drills.FindNewest(),
        };
    }
}
