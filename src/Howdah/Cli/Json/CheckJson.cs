using Howdah.Cluster.Supervision;

namespace Howdah.Cli.Json;

/// <summary>What <c>check --json</c> prints. Verdicts are good, bad or unknown.</summary>
internal sealed record CheckListJson(string Cluster, DateTimeOffset At, string Protected, IReadOnlyList<CheckJson> Checks)
{
    public static CheckListJson Of(ClusterStatus status) =>
        new(status.Cluster, status.At, StatusJson.Word(status.Protected), [.. status.Checks.Select(CheckJson.Of)]);
}

internal sealed record CheckJson(string Subject, string Verdict, string Finding)
{
    public static CheckJson Of(ProtectionCheck check) => new(check.Subject, StatusJson.Word(check.Verdict), check.Finding);
}
