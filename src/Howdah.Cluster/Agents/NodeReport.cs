using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;

namespace Howdah.Cluster.Agents;

/// <summary>An <see cref="ObservedNode"/> without what follows from the cluster file alone.</summary>
public sealed record NodeReport(string Name)
{
    public required DataPlace Data { get; init; }

    public int? OtherMajor { get; init; }

    public bool HasStandbyMarker { get; init; }

    public string? UnfinishedRecovery { get; init; }

    public required ServerStatus Server { get; init; }

    public StagedCopy Staged { get; init; }

    public bool HasReplacedData { get; init; }

    public bool IsRebuildRequested { get; init; }

    public bool IsGivenUp { get; init; }

    public bool IsRemoved { get; init; }

    public IReadOnlyList<string> SharedTablespaces { get; init => field = value ?? []; } = [];

    public string? RefusedBecause { get; init; }

    public IReadOnlyList<string> DifferingFiles { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ChangedSetting> ChangedSettings { get; init => field = value ?? []; } = [];

    public IReadOnlyDictionary<string, long> ReplayedLimits { get; init => field = value ?? NodeAnswers.NoLimits; } = NodeAnswers.NoLimits;

    public ObservedDisk? Disk { get; init; }

    public NodeAnswers? Answers { get; init; }

    public string? Problem { get; init; }

    public TimelineId? Timeline { get; init; }

    public SystemIdentifier? FileSystem { get; init; }

    internal static NodeReport Of(ObservedNode node) => new(node.Model.Name)
    {
        Data = node.Data,
        OtherMajor = node.OtherMajor,
        HasStandbyMarker = node.HasStandbyMarker,
        UnfinishedRecovery = node.UnfinishedRecovery,
        Server = node.Server,
        Staged = node.Staged,
        HasReplacedData = node.HasReplacedData,
        IsRebuildRequested = node.IsRebuildRequested,
        IsGivenUp = node.IsGivenUp,
        IsRemoved = node.IsRemoved,
        SharedTablespaces = node.SharedTablespaces,
        RefusedBecause = node.RefusedBecause,
        DifferingFiles = node.DifferingFiles,
        ChangedSettings = node.ChangedSettings,
        ReplayedLimits = node.ReplayedLimits,
        Disk = node.Disk,
        Answers = node.Answers,
        Problem = node.Problem,
        Timeline = node.Timeline,
        FileSystem = node.FileSystem,
    };

    internal ObservedNode ToObserved(NodeModel model) => new(model)
    {
        Data = Data,
        OtherMajor = OtherMajor,
        HasStandbyMarker = HasStandbyMarker,
        UnfinishedRecovery = UnfinishedRecovery,
        Server = Server,
        Staged = Staged,
        HasReplacedData = HasReplacedData,
        IsRebuildRequested = IsRebuildRequested,
        IsGivenUp = IsGivenUp,
        IsRemoved = IsRemoved,
        SharedTablespaces = SharedTablespaces,
        RefusedBecause = RefusedBecause,
        DifferingFiles = DifferingFiles,
        ChangedSettings = ChangedSettings,
        ReplayedLimits = ReplayedLimits,
        Disk = Disk,
        Answers = Answers,
        Problem = Problem,
        Timeline = Timeline,
        FileSystem = FileSystem,
    };
}
