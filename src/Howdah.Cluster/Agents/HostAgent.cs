using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Cluster.Trust;
using Howdah.Core.Errors;
using Howdah.Storage;

namespace Howdah.Cluster.Agents;

/// <summary>
/// Keeps this host's share of a cluster on several machines as the applied cluster file says, for as long as it runs. Servers outlive it:
/// whoever starts an agent again finds them as they are.
/// </summary>
public sealed class HostAgent : IAgentService, IDisposable
{
    private readonly ClusterPaths _paths;
    private readonly ConfigDefaults _defaults;
    private readonly ClusterEnvironment _environment;
    private readonly AgentOptions _options;
    private readonly ClusterFileStore _files;
    private readonly Membership _membership;
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Lock _taking = new();
    private volatile AppliedFile _applied;
    private volatile HostWatch? _watch;
    private volatile PeerWatch? _peers;

    /// <param name="paths">Of the cluster on this host, which has been created or joined.</param>
    /// <param name="defaults">For reading the cluster file.</param>
    /// <param name="environment">Its host, peers and revision are filled in here.</param>
    /// <param name="options">What differs between a service and a test.</param>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ClusterNotFound"/>, or the applied file is not valid.</exception>
    public HostAgent(ClusterPaths paths, ConfigDefaults defaults, ClusterEnvironment environment, AgentOptions options)
    {
        _paths = paths;
        _defaults = defaults;
        _environment = environment;
        _options = options;
        _files = new ClusterFileStore(paths);
        _membership = new Membership(paths, environment.Time);
        _applied = AppliedFile.Read(_membership.Current(), paths, defaults);
        Host = AgentIdentity.Read(paths);
    }

    public ClusterModel Model => _applied.Model;

    public string Host { get; }

    /// <summary>Runs until cancelled; what runs then goes on running, but for the receiver.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Locked"/>: another agent is at it.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        DirectorySync.Create(_paths.RunDirectory);
        DirectorySync.Create(_paths.StateDirectory);
        using var supervising = await ClusterLocks.TrySuperviseAsync(_paths, _environment.Time, cancellationToken)
            ?? throw new OperationException(
                ErrorCodes.Locked, $"another process looks after {_paths.Root}: {SupervisorLock.FindHolder(_paths)}", "stop it first");
        while (!cancellationToken.IsCancellationRequested)
        {
            using var generation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = RunGenerationAsync(_applied, generation.Token);
            await Task.WhenAny(running, _changed.WaitAsync(generation.Token));
            await generation.CancelAsync();
            await Waiting.ForEndAsync(running);
        }
    }

    public HostReport Report() => (_watch ?? throw HostWatch.Starting()).Report();

    public ClusterStatus Status() => (_watch ?? throw HostWatch.Starting()).Status();

    public ClusterFileRevision ReadClusterFile() => _membership.Current();

    public async Task<ClusterPlan> PlanAsync(string text, CancellationToken cancellationToken)
    {
        var changed = AppliedFile.Read(new ClusterFileRevision(_applied.Mark.Revision + 1, text), _paths, _defaults).Model;
        AcceptedFile.RequireSuccessor(Model, changed, Host);
        if (changed.FindHost(Host) is not { } self)
            return new ClusterPlan([], []);
        if (changed.Agent.Port != Model.Agent.Port)
            AgentPort.RequireFree(self, changed.Agent.Port);
        var environment = _environment with { Host = Host, Peers = _peers ?? throw HostWatch.Starting() };
        await using var workshop = await ClusterWorkshop.OpenAsync(changed, environment, cancellationToken);
        await workshop.TrySettingsAsync(cancellationToken);
        return Planner.Plan(changed, await workshop.ObserveAsync(cancellationToken)).On(Host);
    }

    public void TakeClusterFile(ClusterFileRevision offered)
    {
        var read = AppliedFile.Read(offered, _paths, _defaults);
        if (read.Model.Name != Model.Name || read.Model.FindHost(Host) is null)
            throw new OperationException(
                ErrorCodes.Refused, $"the cluster file offered is of {read.Model.Name} and names no host {Host}, or of another cluster");
        lock (_taking)
        {
            if (!offered.Mark.IsNewerThan(_applied.Mark))
                throw NotNewer(offered, _files.Read());
            var taken = _membership.Guard(offered);
            // First: with the revision in place nobody would offer them again.
            RevocationList.Extend(_paths.Trust, offered.Revoked, "another host's list");
            if (!_files.Install(taken))
                throw NotNewer(offered, _files.Read());
            _applied = read with { Mark = taken.Mark };
        }

        _changed.Release();
    }

    private static OperationException NotNewer(ClusterFileRevision offered, ClusterFileRevision? current) =>
        offered.Revision == current?.Revision && offered.Origin != current.Origin
            ? new(
                ErrorCodes.Refused, $"somebody else applied another revision {offered.Revision} at the same time, and that one counts",
                "take over what it says, and apply yours again")
            : new(ErrorCodes.Refused, $"revision {offered.Revision} is not newer than {current?.Revision}, which is applied here");

    public JoinAnswer Admit(JoinRequest request) => _membership.Admit(Model, request);

    public RenewalAnswer Renew(string host, RenewalRequest request) => _membership.Renew(Model, host, request);

    public void Dispose() => _changed.Dispose();

    /// <summary>One revision of the cluster file, from start to end.</summary>
    private async Task RunGenerationAsync(AppliedFile applied, CancellationToken cancellationToken)
    {
        using var channel = _options.Channel(applied.Model);
        var peers = new PeerWatch(applied.Model, Host, channel, _environment.Time);
        var environment = _environment with { Host = Host, Peers = peers, ClusterFile = applied.Mark };
        await using var workshop = await ClusterWorkshop.OpenAsync(applied.Model, environment, cancellationToken);
        workshop.IsSupervising = true;
        var watch = new HostWatch(workshop, _options.Version);
        var supervisor = new Supervisor(workshop);
        _watch = watch;
        _peers = peers;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> tasks = [peers.RunAsync(stop.Token), watch.RunAsync(stop.Token), SuperviseAsync(peers, supervisor, stop.Token)];
        tasks.Add(new FileExchange(this, environment, channel, applied).RunAsync(stop.Token));
        tasks.Add(new RenewalWatch(applied.Model, environment, channel).RunAsync(stop.Token));
        if (workshop.Self.IsBackupHost)
            tasks.Add(new Scheduler(applied.Model, _environment, _options.RunCommand).RunAsync(stop.Token));
        try
        {
            // None of them ends by itself; the first that fails ends the agent, and whoever started it starts it again.
            await (await Task.WhenAny(tasks));
        }
        finally
        {
            // All of them: a backup that is still ending must not meet the one that the next revision begins.
            await stop.CancelAsync();
            await Task.WhenAll(tasks).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Whoever comes back asks first whether it is the primary still. Each question has its deadline in the channel.</summary>
    private static async Task SuperviseAsync(PeerWatch peers, Supervisor supervisor, CancellationToken cancellationToken)
    {
        await peers.AskOnceAsync(cancellationToken);
        await supervisor.RunAsync(cancellationToken);
    }
}
