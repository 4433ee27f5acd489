using Howdah.Cluster.Configuration;
using Howdah.Cluster.Execution;
using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;
using Howdah.Core.Errors;
using Howdah.Postgres.Server;
using Howdah.Storage;

namespace Howdah.Cluster;

/// <summary>How <see cref="ClusterOperations.UpAsync"/> goes on once everything is in place.</summary>
public sealed record UpOptions
{
    /// <summary>Stay and supervise until cancelled, then stop the servers; else end as soon as the cluster is proven, leaving servers
    /// running and nobody receiving.</summary>
    public bool Stay { get; init; } = true;

    /// <summary>Carries out what the schedule says while it stays; null: nothing is done by the clock.</summary>
    public OwnCommandRunner? RunCommand { get; init; }

    /// <summary>Called once, when nothing is left to do.</summary>
    public Action<UpResult>? Ready { get; init; }
}

/// <summary>What <c>up</c> did.</summary>
/// <param name="Steps">The steps that were carried out, none where all was in place.</param>
/// <param name="Took">From the start to nothing left to do.</param>
/// <param name="Status">What the cluster is now: being up is not yet being protected, for example without a standby that was taken
/// out.</param>
/// <param name="SupervisedBy">Another process that supervises already, so that this one does not stay; null where none does.</param>
public sealed record UpResult(IReadOnlyList<PlanStep> Steps, TimeSpan Took, ClusterStatus Status, int? SupervisedBy = null)
{
    /// <summary>What could not be mended now on a cluster that is watched all the same; it is tried again.</summary>
    public OperationException? Failure { get; init; }
}

/// <summary>
/// Everything that is done to a cluster on this machine. Only one process at a time changes what is on it; observing needs no lock.
/// </summary>
/// <remarks>All methods throw <see cref="OperationException"/>; none uses the console.</remarks>
public sealed class ClusterOperations(ClusterModel model, ClusterEnvironment environment)
{
    private static readonly TimeSpan DownDeadline = TimeSpan.FromMinutes(4);

    /// <summary>Apart enough for a rate of WAL, and still no wait.</summary>
    private static readonly TimeSpan RateInterval = TimeSpan.FromSeconds(1);

    /// <summary>An agent that looks every second has looked again by then; who has not does not answer.</summary>
    private const int MostRateLooks = 5;

    public ClusterModel Model { get; } = model;

    public ClusterEnvironment Environment { get; } = environment;

    /// <summary>Lets the server program read what the cluster file makes of its configuration. Changes nothing.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ConfigurationInvalid"/>: what it would refuse;
    /// <see cref="ErrorCodes.InstallationNotFound"/>: it is not installed here.</exception>
    public async Task TrySettingsAsync(CancellationToken cancellationToken)
    {
        await using var workshop = await OpenAsync(cancellationToken);
        await workshop.TrySettingsAsync(cancellationToken);
    }

    /// <summary>What <see cref="UpAsync"/> would do now. Changes nothing.</summary>
    public async Task<ClusterPlan> PlanAsync(CancellationToken cancellationToken)
    {
        await using var workshop = await OpenAsync(cancellationToken);
        await workshop.TrySettingsAsync(cancellationToken);
        return Planner.Plan(Model, await workshop.ObserveAsync(cancellationToken));
    }

    /// <summary>
    /// Observes, plans and does the next step, until nothing is left; then stays, if asked to and nobody else does. When it is cancelled
    /// while it stays it stops the cluster and returns; when it is cancelled before, what was started is left running for the next run.
    /// </summary>
    /// <exception cref="OperationException">A step failed or something stands in the way; <see cref="ErrorCodes.Locked"/> where another
    /// process is at it.</exception>
    public async Task<UpResult> UpAsync(UpOptions options, CancellationToken cancellationToken)
    {
        var began = Environment.Time.GetTimestamp();
        await AcceptAsync(cancellationToken);
        using var supervising = await ClusterLocks.TrySuperviseAsync(Model.Paths, Environment.Time, cancellationToken);
        using var heartbeat = supervising is null ? null : Heartbeat.Start(Model.Paths, Environment.Time);
        await using var workshop = await OpenAsync(cancellationToken);
        workshop.IsSupervising = supervising is not null;
        var stays = options.Stay && supervising is not null;
        var (steps, failure) = await ConvergeAsync(workshop, stays, cancellationToken);
        var supervisedBy = supervising is null ? SupervisorLock.FindHolder(Model.Paths) : null;
        var result = new UpResult(
            steps, Environment.Time.GetElapsedTime(began), await ReportAsync(workshop, cancellationToken), supervisedBy)
        {
            Failure = failure,
        };
        options.Ready?.Invoke(result);
        if (stays)
            await StayAsync(workshop, options.RunCommand, cancellationToken);
        return result;
    }

    /// <summary>
    /// Puts this cluster file in force, once PostgreSQL has accepted its settings: a process that supervises follows it from now on.
    /// Nothing is changed yet.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.ConfigurationInvalid"/>: PostgreSQL would refuse it.</exception>
    public async Task AcceptAsync(CancellationToken cancellationToken)
    {
        await using var workshop = await OpenAsync(cancellationToken);
        await workshop.TrySettingsAsync(cancellationToken);
        DirectorySync.Create(Model.Paths.Root);
        DirectorySync.Create(Model.Paths.RunDirectory);
        using var change = await ClusterLocks.ChangeAsync(workshop, cancellationToken);
        new AcceptedFile(Model).Accept();
        // Who asks wants it tried again.
        workshop.Files.ClearRefused();
    }

    /// <summary>
    /// A cluster that was proven once and is received from is not left because one thing fails: then who stays goes on watching, and
    /// the failure is told. One that was never whole is.
    /// </summary>
    private async Task<(IReadOnlyList<PlanStep> Steps, OperationException? Failure)> ConvergeAsync(
        ClusterWorkshop workshop, bool stays, CancellationToken cancellationToken)
    {
        using var change = await ClusterLocks.ChangeAsync(workshop, cancellationToken);
        workshop.Files.ForgetRemovedExcept(Model.Nodes.Select(node => node.Name));
        PortCheck.Require(workshop);
        try
        {
            return (await new Reconciler(workshop).ConvergeAsync(cancellationToken), null);
        }
        catch (OperationException failure) when (stays && workshop.Receiver.IsRunning && workshop.Files.ReadProof() is not null)
        {
            return ([], failure);
        }
    }

    /// <summary>Stops a supervising process, if any, and all servers: the primary first while its followers take its last WAL.</summary>
    public async Task DownAsync(CancellationToken cancellationToken)
    {
        RequirePresent();
        await StopAsync(Model.Nodes, cancellationToken);
    }

    /// <summary>What <see cref="DestroyAsync"/> would remove outside of the cluster's directory, and what it would leave.</summary>
    public DestructionScope FindDestructionScope() => Destruction.Of(Model).Scope;

    /// <summary>Stops everything and removes the cluster's data, its repository and its directory, also where only a part of it was ever
    /// made; but nothing that the cluster has neither made nor adopted. The caller has asked.</summary>
    public async Task<DestructionScope> DestroyAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Model.Paths.Root) && !Directory.Exists(Model.Backup.RepositoryDirectory))
            throw NotFound();
        await StopAsync(Destruction.Of(Model).Owned, cancellationToken);
        // Anew: who supervised until now may have gone on with a copy.
        var destruction = Destruction.Of(Model);
        destruction.Run();
        return destruction.Scope;
    }

    private async Task StopAsync(IReadOnlyList<NodeModel> nodes, CancellationToken cancellationToken)
    {
        if (SupervisorLock.FindHolder(Model.Paths) is { } supervisor)
        {
            ProcessSignal.Terminate(supervisor);
            await Waiting.UntilAsync(
                () => Task.FromResult(SupervisorLock.FindHolder(Model.Paths) is null),
                new WaitOptions(DownDeadline, $"the supervising process {supervisor} did not end", "look at its log"),
                Environment.Time,
                cancellationToken);
        }

        // Without data there is no server, and then PostgreSQL itself may be missing, too.
        if (!nodes.Any(node => Directory.Exists(node.DataDirectory)))
            return;
        await using var workshop = await OpenAsync(cancellationToken);
        using var change = await ClusterLocks.ChangeAsync(workshop, cancellationToken);
        await new Shutdown(workshop, nodes).RunAsync(cancellationToken);
    }

    public async Task<ClusterStatus> StatusAsync(CancellationToken cancellationToken)
    {
        await using var workshop = await OpenAsync(cancellationToken);
        return await ReportAsync(workshop, cancellationToken);
    }

    /// <summary>The slots of the primary, and those that should be there; none where the primary does not answer. Takes a second: it
    /// measures the rate of WAL; a little more where another host has to look at the primary a second time.</summary>
    public async Task<SlotList> SlotsAsync(CancellationToken cancellationToken)
    {
        await using var workshop = await OpenAsync(cancellationToken);
        var before = await workshop.ObserveAsync(cancellationToken);
        var now = before;
        for (var look = 0; look < MostRateLooks && now.PrimarySeenAt is not null && !SlotReporter.IsSeenTwice(before, now); look++)
        {
            await Task.Delay(RateInterval, Environment.Time, cancellationToken);
            now = await workshop.ObserveAsync(cancellationToken);
        }

        return new SlotList(SlotReporter.Report(before, now), now.Ages);
    }

    /// <summary>Builds the node, which the model names, and makes it follow; nothing where it does so already.</summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: it is the primary, or there is none.</exception>
    public Task AddStandbyAsync(string node, CancellationToken cancellationToken) =>
        ChangeStandbyAsync(node, (requests, seen, wanted) => requests.Add(seen, wanted), cancellationToken);

    /// <summary>
    /// Builds a standby anew beside its data, verifies the copy, and only then puts it in place of the old. Where two nodes would be
    /// primary, this decides for the other one; see <see cref="StandbyRequests.Rebuild"/>.
    /// </summary>
    /// <exception cref="OperationException"><see cref="ErrorCodes.Refused"/>: it is the primary, or there is none to follow.</exception>
    public Task RebuildStandbyAsync(string node, CancellationToken cancellationToken) =>
        ChangeStandbyAsync(node, (requests, seen, wanted) => requests.Rebuild(seen, wanted), cancellationToken);

    /// <summary>
    /// Stops a standby and drops its slot on the primary; its data directory is renamed to <c>data.removed</c>, not deleted. It stays
    /// out until it is added or rebuilt, though status reminds of it while the cluster file names it.
    /// </summary>
    public async Task RemoveStandbyAsync(string node, CancellationToken cancellationToken)
    {
        var wanted = RequireNode(node);
        RequirePresent();
        await using var workshop = await OpenAsync(cancellationToken);
        using var change = await ClusterLocks.ChangeAsync(workshop, cancellationToken);
        await new StandbyRemoval(workshop).RunAsync(wanted, cancellationToken);
    }

    /// <summary>All under the change lock, from the first look on: a supervisor that sees the note must not act on it, too.</summary>
    private async Task ChangeStandbyAsync(
        string node, Action<StandbyRequests, ObservedCluster, NodeModel> note, CancellationToken cancellationToken)
    {
        var wanted = RequireNode(node);
        RequirePresent();
        await using var workshop = await OpenAsync(cancellationToken);
        await workshop.TrySettingsAsync(cancellationToken);
        using var change = await ClusterLocks.ChangeAsync(workshop, cancellationToken);
        // On several machines a cluster file counts for all of them, once it is applied.
        if (Model.IsOnOneMachine)
            new AcceptedFile(Model).Accept();
        note(
            new StandbyRequests(Model, workshop.Self, workshop.Files), await workshop.ObserveAsync(cancellationToken), wanted);
        PortCheck.Require(workshop);
        await new NodeConvergence(workshop, wanted).RunAsync(cancellationToken);
    }

    private async Task<ClusterStatus> ReportAsync(ClusterWorkshop workshop, CancellationToken cancellationToken)
    {
        var seen = await workshop.ObserveAsync(cancellationToken);
        return new StatusReporter(Model).Report(seen, workshop.Files.ReadProtection());
    }

    /// <summary>Supervises until cancelled, each time with the cluster file that is in force, then stops the cluster.</summary>
    private static async Task StayAsync(ClusterWorkshop first, OwnCommandRunner? runCommand, CancellationToken cancellationToken)
    {
        var workshop = first;
        try
        {
            while (await SuperviseAsync(workshop, runCommand, cancellationToken) is { } changed)
            {
                await workshop.DisposeAsync();
                workshop = changed;
                workshop.Announce(AnnouncementLevel.Information, "the cluster file has changed: going over to it");
            }

            workshop.Announce(AnnouncementLevel.Information, "stopping: the primary first, while its followers take its last WAL");
            using var change = await ClusterLocks.ChangeAsync(workshop, CancellationToken.None);
            await new Shutdown(workshop, workshop.Model.Nodes).RunAsync(CancellationToken.None);
        }
        finally
        {
            await workshop.DisposeAsync();
        }
    }

    /// <summary>As <see cref="Supervisor.RunAsync"/>, with what the schedule says beside it; whichever fails ends both.</summary>
    private static async Task<ClusterWorkshop?> SuperviseAsync(
        ClusterWorkshop workshop, OwnCommandRunner? runCommand, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var supervised = new Supervisor(workshop).RunAsync(stop.Token);
        var scheduled = runCommand is null
            ? Task.Delay(Timeout.InfiniteTimeSpan, workshop.Time, stop.Token)
            : new Scheduler(workshop.Model, workshop.Environment, runCommand).RunAsync(stop.Token);
        await Task.WhenAny(supervised, scheduled);
        await stop.CancelAsync();
        try
        {
            return await supervised;
        }
        finally
        {
            // A backup that is still ending must not meet the one that the next cluster file begins.
            await Waiting.ForEndAsync(scheduled);
        }
    }

    private NodeModel RequireNode(string node) => Model.FindNode(node) ?? throw new OperationException(
        ErrorCodes.NodeNotFound, $"the cluster file names no node {node}",
        $"it names {string.Join(", ", Model.Nodes.Select(known => known.Name))}");

    private void RequirePresent()
    {
        if (!Presence.OfDirectory(Model.Paths.StateDirectory))
            throw NotFound();
    }

    private OperationException NotFound() => new(
        ErrorCodes.ClusterNotFound, $"nothing of cluster {Model.Name} is in {Model.Directory}", "run: howdah up");

    private Task<ClusterWorkshop> OpenAsync(CancellationToken cancellationToken) =>
        ClusterWorkshop.OpenAsync(Model, Environment, cancellationToken);
}
