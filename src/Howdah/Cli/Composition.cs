using Howdah.Cluster;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Operations.FetchWal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Sql;
using Howdah.Postgres.Versions;
using Howdah.Repository;
using Howdah.Repository.Wal;

namespace Howdah.Cli;

/// <summary>Puts the parts together for commands; the only place that knows which part takes which.</summary>
internal sealed class Composition(Invocation run, ClusterModel model)
{
    public ClusterModel Model => model;

    public ClusterOperations Operations(IClusterObserver observer) => new(model, EnvironmentFor(observer));

    /// <summary>For commands that act on all of a cluster from here.</summary>
    /// <param name="instead">What to do on several machines.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: it is on several machines.</exception>
    public Composition OnOneMachine(string instead) => model.IsOnOneMachine ? this : throw new OperationException(
        ErrorCodes.Refused, $"{model.Name} is on several machines, where the agent of each does its share", instead);

    /// <summary>Looks at the cluster and changes nothing; the agents of its hosts are asked before, and for as long as it takes.</summary>
    public async Task<T> LookAsync<T>(Func<ClusterOperations, Task<T>> look, CancellationToken cancellationToken)
    {
        if (AgentIdentity.Find(model.Paths) is not { } self)
            return await look(Operations(SilentObserver.Instance));
        using var channel = new AgentClient(model, run.Host.Time);
        var peers = new PeerWatch(model, self, channel, run.Host.Time) { AsksOwnAgent = true };
        var operations = new ClusterOperations(model, EnvironmentFor(SilentObserver.Instance) with { Host = self, Peers = peers });
        return await WhileAskingAsync(peers, () => look(operations), cancellationToken);
    }

    /// <summary>
    /// Changes what is on this host with the cluster file that is in force; on several machines the other hosts are asked all the while.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ClusterNotFound"/>: the cluster is on several machines, and this is none
    /// of them.</exception>
    public async Task ChangeAsync(IClusterObserver observer, Func<ClusterOperations, Task> change, CancellationToken cancellationToken)
    {
        if (model.IsOnOneMachine)
        {
            await change(Operations(observer));
            return;
        }

        var self = RequireSelf();
        var applied = LoadApplied();
        using var channel = new AgentClient(applied, run.Host.Time);
        var peers = new PeerWatch(applied, self, channel, run.Host.Time);
        var operations = new ClusterOperations(applied, EnvironmentFor(observer) with { Host = self, Peers = peers });
        await WhileAskingAsync(
            peers,
            async () =>
            {
                await change(operations);
                return true;
            },
            cancellationToken);
    }

    private static async Task<T> WhileAskingAsync<T>(PeerWatch peers, Func<Task<T>> act, CancellationToken cancellationToken)
    {
        await peers.AskOnceAsync(cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var asking = peers.RunAsync(over.Token);
        try
        {
            return await act();
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAny(asking); // it ends by that, and by nothing else
        }
    }

    /// <summary>For what concerns this host alone: no other is asked.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ClusterNotFound"/>: the cluster is on several machines, and this is none
    /// of them.</exception>
    public ClusterOperations OperationsHere(IClusterObserver observer) => model.IsOnOneMachine
        ? Operations(observer)
        : new ClusterOperations(LoadApplied(), EnvironmentFor(observer) with { Host = RequireSelf() });

    private ClusterModel LoadApplied() => ClusterFileInForce.Load(model.Paths.ClusterFile, isMeant: false, static _ => { }).Model;

    private string RequireSelf() => AgentIdentity.Find(model.Paths) ?? throw new OperationException(
        ErrorCodes.ClusterNotFound, $"this machine has no certificate of {model.Name}, so it is none of its hosts",
        "bring it in with howdah join");

    private ClusterEnvironment EnvironmentFor(IClusterObserver observer) =>
        new()
        {
            Time = run.Host.Time,
            Observer = observer,
            OsUser = ServerUser.NameOf(run),
            FetchProgram = run.Host.Program,
            InstallationDirectories = model.BinDirectory is { } directory ? [directory] : [],
        };

    public BackupRepository OpenRepository() =>
        BackupRepository.Open(
            model.Backup.RepositoryDirectory,
            PartialFrontier.Options(run.Host.Time)
        );

    /// <summary>The WAL of the cluster: that of the only system in its repository.</summary>
    public static WalStore FindWal(BackupRepository repository)
    {
        var systems = repository.ListSystems();
        return systems switch
        {
            [var only] => repository.FindWal(only)!,
            [] => throw new OperationException(
                ErrorCodes.WalNotFound,
                $"the repository {repository.Directory} holds no WAL yet",
                "does the receiver run? See howdah status"
            ),
            _ => throw new OperationException(
                ErrorCodes.RepositoryInvalid,
                $"the repository {repository.Directory} holds WAL of {systems.Count} systems: {string.Join(", ", systems)}",
                "give each cluster a repository of its own"
            ),
        };
    }

    /// <summary>A replication connection as the backup's role, to a node, or with none to whichever is the primary.</summary>
    public ConnectionSettings BackupConnection(NodeModel? node)
    {
        IReadOnlyList<NodeModel> nodes = node is null ? model.Nodes : [node];
        return NodeConnections.To(model, model.Users.Backup, nodes) with
        {
            ApplicationName = "howdah_backup",
            TargetSessionAttributes = node is null && nodes.Count > 1 ? TargetSessionAttributes.ReadWrite : TargetSessionAttributes.Any,
            SourceAddress = NodeConnections.Source(model.Backup.Address),
        };
    }

    /// <summary>An SQL session as the backup's role on whichever node is the primary.</summary>
    public SqlDatabase OpenPrimary() =>
        SqlDatabase.Open(
            BackupConnection(node: null) with
            {
                Database = ClusterModel.MaintenanceDatabase,
                ApplicationName = "howdah",
                Options = NodeConnections.OwnNames,
                SourceAddress = null,
            }
        );

    /// <summary>The node that a backup would be taken from, by asking; also proves that it can be reached.</summary>
    public async Task<(NodeModel Node, SystemIdentification System)> IdentifyAsync(NodeModel? wanted, CancellationToken cancellationToken)
    {
        var answers = new List<OperationException>();
        foreach (var node in wanted is null ? model.Nodes : [wanted])
        {
            try
            {
                var settings = BackupConnection(node) with
                {
                    TargetSessionAttributes = wanted is null ? AsksForPrimary() : TargetSessionAttributes.Any,
                };
                await using var connection = await ReplicationConnection.OpenAsync(settings, run.Host.Time, cancellationToken);
                return (node, await connection.IdentifySystemAsync(cancellationToken));
            }
            catch (OperationException exception) when (wanted is null)
            {
                answers.Add(exception); // told when no node is the primary
            }
        }

        throw new OperationException(
            answers[^1].Code,
            $"no node of {model.Name} is a primary that can be reached: {string.Join("; ", answers.Select(answer => answer.Message))}",
            "see howdah status",
            answers[^1]
        );
    }

    /// <summary>What a restored standby follows: whichever node is the primary, as the replication role.</summary>
    public string StandbyConninfo() =>
        (
            BackupConnection(node: null) with
            {
                User = model.Users.Replication,
                ApplicationName = "restored",
                TargetSessionAttributes = AsksForPrimary(),
                SourceAddress = null,
            }
        ).ToConninfo(PostgresVersion.OfMajor(model.PostgresMajor));

    private TargetSessionAttributes AsksForPrimary() =>
        PostgresVersion.OfMajor(model.PostgresMajor).Facts.ReportsHotStandby
            ? TargetSessionAttributes.Primary
            : TargetSessionAttributes.ReadWrite;
}
