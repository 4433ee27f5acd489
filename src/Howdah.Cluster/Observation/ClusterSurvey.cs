using System.Collections.Concurrent;
using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Core.Restore;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Operations.FetchWal;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Settings;
using Howdah.Postgres.Sql;
using Howdah.Repository;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Cluster.Observation;

/// <summary>
/// Looks at everything of a cluster and changes nothing: at what is on this machine with its own eyes, at the rest through the agents of
/// the other hosts.
/// </summary>
internal sealed class ClusterSurvey(
    ClusterModel model, ClusterEnvironment environment, PostgresInstallation installation) : IAsyncDisposable
{
    // Made by postgresql-common at boot (tmpfiles.d), and writable for its user.
    private const string DebianSockets = "/var/run/postgresql";
    private const string DebianOwner = "postgres";

    /// <summary>A look at the repository costs milliseconds; what was confirmed before the first is in the next at the latest, but where
    /// a whole segment of zeroes is on its way.</summary>
    private const int MostLooksForFlushed = 5;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<(NodeModel Node, int Port), SqlDatabase> _databases = new();
    private readonly ClusterStateFiles _files = new(model.Paths);
    private readonly NodeFiles _nodeFiles = new(model, installation, environment.Time);
    private readonly SecretFiles _secrets = new(model);
    private readonly AcceptedFile _accepted = new(model);
    private readonly ShownCertificates _shown = new(model, environment.Time);
    private readonly HostModel _self = environment.SelfIn(model);
    private readonly PrimaryMemory _memory = new(model, environment);

    public async Task<ObservedCluster> TakeAsync(CancellationToken cancellationToken)
    {
        var budget = _files.ReadSlotWalBudget();
        var others = model.Hosts.Where(host => host.Name != _self.Name)
            .ToDictionary(host => host.Name, environment.Peers.Look, StringComparer.Ordinal);
        var seen = new List<ObservedNode>();
        foreach (var node in SharedTablespaces.Mark([.. model.Nodes.Where(_self.Has).Select(_nodeFiles.Read)]))
            seen.Add(await AskAsync(node, cancellationToken));
        seen = [.. model.Nodes.Select(
            node => seen.FirstOrDefault(own => own.Model == node) ?? Told(node, others[model.HostOf(node).Name]))];
        var lastPrimary = _files.ReadLastPrimary();
        var topology = Topology.Of(model, seen, _memory.Clues(seen, others, lastPrimary));
        var nodes = new List<ObservedNode>();
        foreach (var node in seen)
            nodes.Add(await TellChangesAsync(Compare(node, topology, budget), cancellationToken));
        var keeper = _self.IsBackupHost ? null : others[model.BackupMachine.Name];
        var proof = keeper is null ? _files.ReadProof() : keeper.Report?.Proof;
        // Nobody may answer: what was proven last is of this cluster, too.
        var system = nodes.Select(node => node.Answers?.System).FirstOrDefault(found => found is not null) ?? proof?.System;
        return new ObservedCluster
        {
            At = environment.Time.GetUtcNow(),
            Hosts = [.. model.Hosts.Select(host => host.Name == _self.Name ? Self(budget) : Told(host, others[host.Name]))],
            Nodes = nodes,
            // After the primary was asked: what its followers had confirmed by then must be here now.
            Backup = keeper is null
                ? await ReadRepositoryAsync(system, Confirmation.Of(model, nodes, topology), cancellationToken)
                : Told(keeper),
            Topology = topology,
            SlotWalBudget = budget,
            HasOtherFile = IsOtherInForce(),
            Proof = proof,
            LastPrimary = lastPrimary,
            SupervisorProcessId = SupervisorLock.FindHolder(model.Paths),
            SupervisorLastSign = SupervisorLock.LastSign(model.Paths),
        };
    }

    /// <summary>On several machines the applied revision counts, and its copy for people says nothing.</summary>
    private bool IsOtherInForce() => model.IsOnOneMachine
        ? _accepted.FindChange() is not null
        : new ClusterFileStore(model.Paths).Read() is { } applied && applied.Text != model.Source;

    private ObservedHost Self(ByteSize? budget) => new(_self)
    {
        Age = TimeSpan.Zero,
        ClusterFile = environment.Peers.OwnAgent is { Report: { } report } ? report.Mark : environment.ClusterFile,
        AgentProblem = environment.Peers.OwnAgent?.Problem,
        HasDirectories = ClusterDirectories.Of(model, _self).All(Presence.OfDirectory) && budget is not null,
        HasSecrets = _secrets.AreComplete,
        IsCreationRequested = model.IsOnOneMachine || _files.IsCreationRequested,
        Certificate = FindCertificate(),
    };

    /// <summary>Null also where it cannot be read: that is no reason to see nothing of all else.</summary>
    private HostCertificate? FindCertificate()
    {
        try
        {
            return model.IsOnOneMachine ? null : OwnCertificate.Find(model.Paths);
        }
        catch (OperationException)
        {
            // Why, the agent tells, which reads it to renew it.
            return null;
        }
    }

    private static ObservedHost Told(HostModel host, PeerSight sight) =>
        sight is { Report: { } report, Age: { } age }
            ? report.ToObserved(host, age) with { Problem = sight.Problem, ClockAhead = sight.ClockAhead }
            : new ObservedHost(host) { Age = sight.Age, Problem = sight.Problem };

    /// <summary>What a host said a while ago is not how its nodes are now; but that a person took one out stays so.</summary>
    private ObservedNode Told(NodeModel node, PeerSight sight)
    {
        var told = sight.Problem is null
            ? sight.Report?.Nodes.FirstOrDefault(report => string.Equals(report.Name, node.Name, StringComparison.Ordinal))
            : null;
        return told is not null ? told.ToObserved(node) : new ObservedNode(node)
        {
            Data = DataPlace.Unknown,
            Server = new ServerStatus(ServerState.Unknown, null),
            IsRemoved = _files.IsRemoved(node.Name),
            Problem = $"cannot be seen: {sight.Problem ?? "its host does not know it"}",
        };
    }

    private static ObservedBackup Told(PeerSight sight) =>
        sight is { Problem: null, Report.Backup: { } backup }
            ? backup
            : new ObservedBackup
            {
                IsSeen = false,
                HasRepository = false,
                Problem = $"cannot be seen: {sight.Problem ?? "its host does not know it"}",
            };

    /// <summary>The superuser's sessions with a node of this machine; kept for the life of the survey. A server has its former port until
    /// it restarts.</summary>
    public SqlDatabase Database(NodeModel node)
    {
        var postmaster = StorageFailure.Run(
            $"reading {PostmasterFile.FileName} of {node.Name}", () => PostmasterFile.Read(node.DataDirectory));
        return _databases.GetOrAdd(
            (node, postmaster?.Port ?? node.Port),
            static (key, model) => ClusterConnections.OpenSuperuser(model, key.Node, key.Port), model);
    }

    /// <summary>The node, which runs on this machine, shows another certificate than the one that is installed.</summary>
    public Task<bool> ShowsOldCertificateAsync(NodeModel node, CancellationToken cancellationToken) =>
        _shown.IsOldAsync(node, cancellationToken);

    /// <summary>The node of this machine is the primary as far as anybody can know: its database system was made just now.</summary>
    public void NoteMade(NodeModel node) => _memory.NoteMade(node);

    public RenderOptions RenderOptionsFor(NodeModel? primary) => new()
    {
        Version = installation.Version,
        Primary = primary,
        SlotWalBudget = _files.ReadSlotWalBudget(),
        OsUser = environment.OsUser,
        FetchWalCommand = environment.FetchWalCommand,
        SystemSocketDirectory = SystemSocketDirectory(),
    };

    /// <summary>Nodes on one machine may share a port, so only a host of its own has the usual place for itself.</summary>
    private string? SystemSocketDirectory() =>
        !model.IsOnOneMachine && _self.Nodes.Count == 1 && environment.OsUser == DebianOwner && Directory.Exists(DebianSockets)
            ? DebianSockets
            : null;

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases.Values)
            await database.DisposeAsync();
        _databases.Clear();
    }

    private async Task<ObservedNode> AskAsync(ObservedNode node, CancellationToken cancellationToken)
    {
        if (!node.Server.AcceptsConnections)
            return node.Server.IsRunning ? node with { Problem = $"is {node.Server.State.ToString().ToLowerInvariant()}" } : node;
        try
        {
            var queries = new NodeQueries(Database(node.Model));
            var answers = await queries.AskAsync(model.Users, _secrets.Find, TimesOf(node.Model), cancellationToken);
            return node with
            {
                Answers = answers with { ShowsOldCertificate = await _shown.IsOldAsync(node.Model, cancellationToken) },
            };
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

    private ObservedNode Compare(ObservedNode node, Topology topology, ByteSize? budget)
    {
        // What is rendered depends on the host's disk, so only the host itself can tell whether its files are right.
        if (topology.RoleOf(node.Model) is not { } role)
            return node;
        var wanted = NodeRenderer.Render(model, node.Model, role, RenderOptionsFor(topology.Primary) with { SlotWalBudget = budget });
        if (!_self.Has(node.Model))
            return node with { Wanted = wanted };
        node = Defer(node, wanted);
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

    /// <summary>What the file of settings, where another one is wanted, will change; only then is the server asked once more.</summary>
    private async Task<ObservedNode> TellChangesAsync(ObservedNode node, CancellationToken cancellationToken)
    {
        if (!_self.Has(node.Model) || node.Wanted is not { } wanted
            || !node.DifferingFiles.Contains(NodeRendering.SettingsFileName, StringComparer.Ordinal)
            || ConfigurationFiles.FindText(Path.Combine(node.Model.DataDirectory, NodeRendering.SettingsFileName)) is not { } present)
            return node;
        var changes = ChangedSettings.Between(present, wanted);
        try
        {
            return node with
            {
                ChangedSettings = node.Answers is null
                    ? changes
                    : await ChangedSettings.MarkAsync(Database(node.Model), changes, cancellationToken),
            };
        }
        catch (OperationException failure)
        {
            return node with { ChangedSettings = changes, Answers = null, Problem = failure.Message };
        }
    }

    /// <summary>
    /// A server that was adopted while it ran is not restarted for what it does as well without; as long as it is the same process, and
    /// the same is wanted.
    /// </summary>
    private ObservedNode Defer(ObservedNode node, NodeRendering wanted)
    {
        if (node.Answers is not { } answers || _files.ReadAdopted(node.Model.Name) is not { } adopted
            || node.Server.Postmaster is not { } postmaster || !adopted.Is(postmaster))
            return node;
        var values = wanted.Settings.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal);
        var deferred = adopted.Deferred
            .Where(setting => setting.Value == values.GetValueOrDefault(setting.Key, ""))
            .Select(setting => setting.Key)
            .ToHashSet(StringComparer.Ordinal);
        return node with
        {
            Answers = answers with
            {
                PendingRestart = [.. answers.PendingRestart.Where(name => !deferred.Contains(name))],
                Overridden = [.. answers.Overridden.Where(setting => !deferred.Contains(setting.Name))],
                DeferredRestart = [.. answers.PendingRestart.Where(deferred.Contains)],
            },
        };
    }

    private async Task<ObservedBackup> ReadRepositoryAsync(
        SystemIdentifier? system, Confirmation? confirmation, CancellationToken cancellationToken)
    {
        var found = new ObservedBackup { HasRepository = false };
        try
        {
            if (!Presence.OfDirectory(model.Backup.RepositoryDirectory))
                return found;
            var repository = BackupRepository.Open(model.Backup.RepositoryDirectory, PartialFrontier.Options(environment.Time));
            found = found with
            {
                HasRepository = true,
                Systems = repository.ListSystems(),
                Disk = ObservedDisk.Fullest([model.Backup.RepositoryDirectory]),
            };
            // What can be restored does not depend on a server that answers: without one the only system there is ours.
            system ??= found.Systems is [var only] ? only : null;
            return await ReadAsync(repository, found, (system, confirmation), cancellationToken);
        }
        catch (OperationException failure) when (found.HasRepository)
        {
            // One record that is damaged: WAL can be received all the same.
            return found with { Problem = failure.Message };
        }
        catch (OperationException failure)
        {
            var empty = failure.Code != ErrorCodes.AccessDenied && DataDirectoryFiles.IsEmpty(model.Backup.RepositoryDirectory);
            return new ObservedBackup { HasRepository = false, Problem = empty ? null : failure.Message };
        }
    }

    private async Task<ObservedBackup> ReadAsync(
        BackupRepository repository, ObservedBackup found, (SystemIdentifier? System, Confirmation? Confirmation) known,
        CancellationToken cancellationToken)
    {
        var records = (await repository.Snapshots.ListAsync(cancellationToken)).Select(snapshot => snapshot.Record).ToList();
        var store = known.System is { } current ? repository.FindWal(current) : null;
        var ledger = store is null ? null : await store.ReadLedgerAsync(cancellationToken);
        return found with
        {
            Snapshots = [.. records.Where(record => record.IsClean() && (known.System is null || record.System == known.System))
                .Select(record => new SnapshotSummary(record.Id, record.System, record.StoppedAt, record.StopLsn))],
            Window = ledger is null ? null : RestorableWindow.Of([.. records.Select(record => record.ToRestorable())], ledger),
            Gaps = ledger?.Gaps.Count() ?? 0,
            LastDrill = repository.Drills.FindNewest(),
            HoldsFlushed = known.Confirmation is not { } confirmation ? null
                : store is not null && ledger is not null && await HoldsAsync(store, ledger, confirmation, cancellationToken),
        };
    }

    private async Task<bool> HoldsAsync(
        WalStore store, WalLedger ledger, Confirmation confirmation, CancellationToken cancellationToken)
    {
        if (confirmation.Flushed is not { IsNone: false } flushed)
            return false;
        for (var look = 1; !HeldWal.Reaches(store, ledger, confirmation.Timeline, flushed); look++)
        {
            if (look == MostLooksForFlushed)
                return false;
            await Task.Delay(BetweenLooks, environment.Time, cancellationToken);
            ledger = await store.ReadLedgerAsync(cancellationToken);
        }

        return true;
    }

    /// <summary>What the follower of the receiver's name has told the primary.</summary>
    /// <param name="Timeline">The primary's.</param>
    /// <param name="Flushed">Null where it has confirmed nothing.</param>
    private sealed record Confirmation(TimelineId? Timeline, Lsn? Flushed)
    {
        /// <summary>Null where no such follower was seen.</summary>
        public static Confirmation? Of(ClusterModel model, IReadOnlyList<ObservedNode> nodes, Topology topology) =>
            nodes.FirstOrDefault(node => node.Model == topology.Primary)?.Answers is { InRecovery: false } answers
            && answers.FindFollower(model.Backup.ApplicationName) is { } follower
                ? new Confirmation(answers.Timeline, follower.Flushed)
                : null;
    }
}
