using Howdah.Barman.Commands;
using Howdah.Barman.Facts;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Operations.Backup;
using Howdah.Postgres.Replication;
using Howdah.Repository;

namespace Howdah.Barman.Observation;

/// <summary>The cluster as Barman's one server.</summary>
internal sealed class BarmanServer(ClusterModel model, TimeProvider time) : IBarmanServer
{
    private readonly ClusterConnections _connections = new(model);
    private readonly CatalogueReader _catalogue = new(model, time);

    public TimeProvider Time => time;

    public ServerPolicy Policy { get; } = new(model.Name)
    {
        Description = $"PostgreSQL {model.PostgresMajor} cluster {model.Name}",
        SlotName = model.Backup.SlotName,
    };

    public async Task<ServerFacts> ObserveAsync(bool withSize, CancellationToken cancellationToken)
    {
        // The repository is read while the servers are asked; a walk through a directory would otherwise add to every check.
        var catalogue = Task.Run(() => _catalogue.ReadAsync(cancellationToken), cancellationToken);
        var primary = await FindPrimaryAsync(cancellationToken);
        await using var database = primary.Database;
        if (database is null || primary.Node is null)
            return Unreachable(primary.Problem, await catalogue);
        var streaming = ReadStreamingAsync(primary.Node, cancellationToken);
        try
        {
            var facts = await PostgresReader.ReadAsync(database, primary.Version, Policy.SlotName, withSize, cancellationToken);
            return new ServerFacts
            {
                Policy = Policy,
                Now = time.GetLocalNow(),
                Postgres = Observed<PostgresFacts>.Of(facts.Postgres),
                Slot = Observed<SlotFacts>.Of(facts.Slot),
                Streaming = await streaming,
                Catalogue = await catalogue,
                Receiver = Observed<ReceiverFacts>.Of(ReceiverProof.Judge(facts, Policy.SlotName, TryOpenRepository())),
            };
        }
        catch (OperationException exception)
        {
            await streaming;
            return Unreachable(exception.Message, await catalogue);
        }
    }

    public async Task<Observed<ReplicationFacts>> ReadReplicationAsync(CancellationToken cancellationToken)
    {
        var primary = await FindPrimaryAsync(cancellationToken);
        await using var database = primary.Database;
        try
        {
            if (database is null)
                return Observed<ReplicationFacts>.Unknown(primary.Problem);
            var reading = new ClientReading(Policy.SlotName, time.LocalTimeZone);
            return Observed<ReplicationFacts>.Of(await PostgresReader.ReadClientsAsync(database, reading, cancellationToken));
        }
        catch (OperationException exception)
        {
            return Observed<ReplicationFacts>.Unknown(exception.Message);
        }
    }

    public Task<Observed<CatalogueFacts>> ReadCatalogueAsync(CancellationToken cancellationToken) =>
        _catalogue.ReadAsync(cancellationToken);

    public async Task<SwitchOutcome> SwitchWalAsync(bool force, CancellationToken cancellationToken)
    {
        var primary = await FindPrimaryAsync(cancellationToken);
        await using var database = primary.Database;
        try
        {
            return database is null
                ? new SwitchOutcome(SwitchVerdict.Impossible, null, primary.Problem)
                : await WalSwitch.RunAsync(database, primary.Version, force, cancellationToken);
        }
        catch (OperationException exception)
        {
            return new SwitchOutcome(SwitchVerdict.Impossible, null, exception.Message);
        }
    }

    public async Task<IReadOnlyList<string>> ListSegmentsAsync(CancellationToken cancellationToken)
    {
        var repository = _catalogue.Open();
        var names = new List<string>();
        foreach (var system in repository.ListSystems())
        {
            if (repository.FindWal(system) is { } store)
                names.AddRange(WalHeld.SegmentNames(await store.ReadLedgerAsync(cancellationToken)));
        }

        return names;
    }

    public async Task<BackupFacts> BackupAsync(BackupOrder order, IBackupProgress progress, CancellationToken cancellationToken)
    {
        var primary = await FindPrimaryAsync(cancellationToken);
        await using var database = primary.Database;
        if (database is null || primary.Node is null)
            throw new OperationException(ErrorCodes.ServerUnreachable, $"taking a backup of {model.Name}: {primary.Problem}");
        var position = await WalPosition.ReadAsync(database, cancellationToken);
        var repository = _catalogue.Open();
        var store = repository.FindWal(position.System) ?? throw new OperationException(
            ErrorCodes.BackupFailed,
            $"taking a backup of {primary.Node.Name}: {repository.Directory} holds no WAL of system {position.System}");
        var narrator = new BackupNarrator(progress, position);
        var usual = new ClusterBackups(model, time).Request(primary.Node, repository, store);
        var request = usual with
        {
            Connection = _connections.Backup(primary.Node),
            Label = order.Name,
            FastCheckpoint = order.ImmediateCheckpoint,
            RateLimit = order.KilobytesPerSecond is { } kilobytes ? new ByteSize(kilobytes * 1024L) : usual.RateLimit,
            Began = draft => narrator.Began(draft.Id, Path.Combine(repository.Snapshots.Directory, draft.Id)),
        };
        var snapshot = await new BackupOperation(time, narrator).RunAsync(request, cancellationToken);
        return _catalogue.Describe(snapshot.Record, await store.ReadLedgerAsync(cancellationToken), next: null);
    }

    private Task<PrimarySession> FindPrimaryAsync(CancellationToken cancellationToken) =>
        new PrimaryFinder(model, _connections, time).FindAsync(cancellationToken);

    private async Task<Observed<StreamingFacts>> ReadStreamingAsync(NodeModel node, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await ReplicationConnection.OpenAsync(_connections.Streaming(node), time, cancellationToken);
            var identity = await connection.IdentifySystemAsync(cancellationToken);
            return Observed<StreamingFacts>.Of(new StreamingFacts(identity.SystemIdentifier));
        }
        catch (OperationException exception)
        {
            return Observed<StreamingFacts>.Unknown(exception.Message);
        }
    }

    private ServerFacts Unreachable(string problem, Observed<CatalogueFacts> catalogue) => new()
    {
        Policy = Policy,
        Now = time.GetLocalNow(),
        Postgres = Observed<PostgresFacts>.Unknown(problem),
        Streaming = Observed<StreamingFacts>.Unknown(problem),
        Slot = Observed<SlotFacts>.Unknown(problem),
        Catalogue = catalogue,
        Receiver = Observed<ReceiverFacts>.Of(new ReceiverFacts { Problem = "not streaming: the primary cannot be reached" }),
    };

    private BackupRepository? TryOpenRepository()
    {
        try
        {
            return _catalogue.Open();
        }
        catch (OperationException)
        {
            // The reason is told by the catalogue's own line.
            return null;
        }
    }
}
