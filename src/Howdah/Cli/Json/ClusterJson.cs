using Howdah.Cluster.Observation;
using Howdah.Cluster.Planning;
using Howdah.Cluster.Supervision;

namespace Howdah.Cli.Json;

/// <param name="Steps">In order.</param>
/// <param name="Obstacles">What no step can mend.</param>
/// <param name="Unseen">Hosts that could not be seen: of what they have to do nothing is planned.</param>
/// <param name="Hosts">How old what is known of each is.</param>
internal sealed record PlanJson(
    IReadOnlyList<PlanStepJson> Steps, IReadOnlyList<PlanObstacleJson> Obstacles, IReadOnlyList<UnseenHostJson> Unseen,
    IReadOnlyList<HostAgeJson> Hosts)
{
    public static PlanJson Of(ClusterPlan plan) =>
        new(
            [.. plan.Steps.Select(step => new PlanStepJson(step.Id, step.Host, step.Text, step.Reason))],
            [.. plan.Obstacles.Select(obstacle => new PlanObstacleJson(obstacle.Subject, obstacle.Message, obstacle.Hint))],
            [.. plan.Unseen.Select(unseen => new UnseenHostJson(unseen.Host, unseen.Problem))],
            [.. plan.Ages.Select(HostAgeJson.Of)]
        );
}

internal sealed record PlanStepJson(string Id, string Host, string Text, string Reason);

internal sealed record UnseenHostJson(string Host, string Problem);

/// <param name="Host">Its name.</param>
/// <param name="AgeSeconds">0 for this one; null where nothing is known of it.</param>
internal sealed record HostAgeJson(string Host, double? AgeSeconds)
{
    public static HostAgeJson Of(HostAge age) => new(age.Host, age.Age?.TotalSeconds);
}

internal sealed record PlanObstacleJson(string Subject, string Message, string Hint);

/// <param name="Slots">Of the primary.</param>
/// <param name="Hosts">How old what is known of each host is.</param>
internal sealed record SlotListJson(IReadOnlyList<SlotJson> Slots, IReadOnlyList<HostAgeJson> Hosts)
{
    public static SlotListJson Of(SlotList list) => new([.. list.Slots.Select(SlotJson.Of)], [.. list.Ages.Select(HostAgeJson.Of)]);
}

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

    /// <summary>unknown, keeps-up, falls-behind, quiet, no-limit or lost.</summary>
    public required string Outlook { get; init; }

    /// <summary>See howdah slots --help: for a slot that keeps up, if its follower stopped now.</summary>
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
            Outlook = slot.Outlook switch
            {
                SlotOutlook.KeepsUp => "keeps-up",
                SlotOutlook.FallsBehind => "falls-behind",
                SlotOutlook.Quiet => "quiet",
                SlotOutlook.NoLimit => "no-limit",
                SlotOutlook.Lost => "lost",
                _ => "unknown",
            },
            SecondsToTrouble = slot.TimeToTrouble?.TotalSeconds,
        };
}
