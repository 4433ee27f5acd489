using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;

namespace Howdah.Cli.Json;

internal sealed record PlanJson(IReadOnlyList<PlanStepJson> Steps, IReadOnlyList<PlanObstacleJson> Obstacles)
{
    public static PlanJson Of(ClusterPlan plan) =>
        new(
            [.. plan.Steps.Select(step => new PlanStepJson(step.Id, step.Text, step.Reason))],
            [.. plan.Obstacles.Select(obstacle => new PlanObstacleJson(obstacle.Subject, obstacle.Message, obstacle.Hint))]
        );
}

internal sealed record PlanStepJson(string Id, string Text, string Reason);

internal sealed record PlanObstacleJson(string Subject, string Message, string Hint);

internal sealed record SlotListJson(IReadOnlyList<SlotJson> Slots);

internal sealed record SlotJson
{
    public required string Name { get; init; }

    /// <summary>wanted, missing or foreign.</summary>
    public required string Standing { get; init; }

    public string? Owner { get; init; }

    public string? Reason { get; init; }

    public required bool Active { get; init; }

    public string? RestartLsn { get; init; }

    public long? RetainedBytes { get; init; }

    public string? WalStatus { get; init; }

    public long? SafeWalBytes { get; init; }

    public double? SecondsToTrouble { get; init; }

    public static SlotJson Of(SlotReport slot) =>
        new()
        {
            Name = slot.Name,
            Standing = slot.Standing.ToString().ToLowerInvariant(),
            Owner = slot.Owner,
            Reason = slot.Reason,
            Active = slot.IsActive,
            RestartLsn = slot.RestartLsn?.ToString(),
            RetainedBytes = slot.RetainedBytes,
            WalStatus = slot.WalStatus,
            SafeWalBytes = slot.SafeWalBytes,
            SecondsToTrouble = slot.TimeToTrouble?.TotalSeconds,
        };
}
