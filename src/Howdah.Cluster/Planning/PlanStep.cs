using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;

namespace Howdah.Cluster.Planning;

/// <summary>What a step does. Each is safe to carry out again.</summary>
public enum PlanStepKind
{
    PrepareDirectories,
    CreateSecrets,
    CreateRepository,
    InitializePrimary,
    WriteConfiguration,
    StartServer,
    ReloadServer,
    RestartServer,
    CreateRole,
    CreateSlot,
    DropSlot,
    StartReceiver,
    AwaitReceiver,
    StopSharing,

    /// <summary>A standby of another host than the primary's lost its slot: that host notes that it is built anew, and only then the
    /// primary's makes the slot anew.</summary>
    NoteRebuild,
    CloneStandby,
    ActivateClone,
    AwaitStreaming,
    AwaitReplay,

    /// <summary>The primary's restart waits until every standby is known to have what it raises. Only on several machines, where no host
    /// carries out a wait.</summary>
    AwaitLimits,

    RemoveOldData,
    TakeBackup,
    Prove,
}

/// <summary>
/// One step of a plan.
/// </summary>
/// <param name="Kind">What is done.</param>
/// <param name="Subject">The node, role or slot that it is done to; empty for the cluster as a whole.</param>
/// <param name="Text">A line for people: <c>create role streaming_barman (REPLICATION)</c>.</param>
/// <param name="Reason">Why it is needed, from what was observed.</param>
public sealed record PlanStep(PlanStepKind Kind, string Subject, string Text, string Reason)
{
    /// <summary>The host that it is carried out on; empty until the plan says so.</summary>
    public string Host { get; init => field = value ?? ""; } = "";

    /// <summary>Ids of the steps that must not be pending any more when it is carried out. All of them are earlier in the plan.</summary>
    public IReadOnlyList<string> After { get; init => field = value ?? []; } = [];

    /// <summary>Nothing is done but to wait for something that other steps, or other hosts, lead to.</summary>
    public bool IsWait => Kind
        is PlanStepKind.AwaitReceiver or PlanStepKind.AwaitStreaming or PlanStepKind.AwaitReplay or PlanStepKind.AwaitLimits;

    /// <summary>The primary's restart that waits for what no step of the plan leads to, or that wait: it may last long, so nothing else
    /// waits for either.</summary>
    internal bool IsHeldBack => Kind == PlanStepKind.AwaitLimits
        || (Kind == PlanStepKind.RestartServer && After.Contains($"{PlanStepKind.AwaitLimits}:{Subject}", StringComparer.Ordinal));

    /// <summary>Names the step in intents and tests: <c>CreateSlot:barman</c>.</summary>
    public string Id => Subject.Length == 0 ? $"{Kind}" : $"{Kind}:{Subject}";
}

/// <summary>Something that no step can mend and that somebody must decide.</summary>
/// <param name="Subject">The node or other thing.</param>
/// <param name="Message">What was seen; lower case, no full stop.</param>
/// <param name="Hint">What to do.</param>
public sealed record PlanObstacle(string Subject, string Message, string Hint)
{
    /// <summary>The host that cannot go on; null: no host can.</summary>
    public string? Host { get; init; }

    internal OperationException ToRefusal() => new(ErrorCodes.Refused, $"{Subject}: {Message}", Hint);
}

/// <summary>A host whose agent did not tell.</summary>
public sealed record UnseenHost(string Host, string Problem);

/// <summary>The steps from what was observed to what is wanted, in order, and what stands in the way.</summary>
public sealed record ClusterPlan(IReadOnlyList<PlanStep> Steps, IReadOnlyList<PlanObstacle> Obstacles)
{
    /// <summary>Hosts that could not be seen, and why: of what they have to do nothing is planned yet.</summary>
    public IReadOnlyList<UnseenHost> Unseen { get; init => field = value ?? []; } = [];

    /// <summary>How old what the plan was made of is.</summary>
    public IReadOnlyList<HostAge> Ages { get; init => field = value ?? []; } = [];

    /// <summary>Nothing to do and nothing in the way, as far as can be seen.</summary>
    public bool IsEmpty => Steps.Count == 0 && Obstacles.Count == 0;

    /// <summary>
    /// What the host is to do next: its first step that waits for no other. Null where it has nothing to do now, though other hosts may.
    /// Waiting is no work of its own: whoever has nothing to do looks again.
    /// </summary>
    public PlanStep? NextOn(string host)
    {
        var pending = Steps.Select(step => step.Id).ToHashSet(StringComparer.Ordinal);
        return Steps.FirstOrDefault(
            step => string.Equals(step.Host, host, StringComparison.Ordinal) && !step.IsWait && !step.After.Any(pending.Contains));
    }

    /// <summary>What is next: on one machine the first step, on several that of the host.</summary>
    internal PlanStep? NextFor(ClusterModel model, string host) =>
        !model.IsOnOneMachine ? NextOn(host) : Steps is [var first, ..] ? first : null;

    /// <summary>The host's share of it.</summary>
    public ClusterPlan On(string host) => new(
        [.. Steps.Where(step => string.Equals(step.Host, host, StringComparison.Ordinal))],
        [.. Obstacles.Where(obstacle => IsFor(host, obstacle))]);

    /// <summary>What stands in the host's way; null where nothing does.</summary>
    public PlanObstacle? ObstacleOn(string host) =>
        Obstacles.FirstOrDefault(obstacle => IsFor(host, obstacle));

    private static bool IsFor(string host, PlanObstacle obstacle) =>
        obstacle.Host is null || string.Equals(obstacle.Host, host, StringComparison.Ordinal);
}
