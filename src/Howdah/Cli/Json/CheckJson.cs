using Howdah.Cluster.Supervision;

namespace Howdah.Cli.Json;

/// <summary>What <c>check --json</c> prints. Verdicts are good, bad or unknown.</summary>
internal sealed record CheckListJson(string Cluster, DateTimeOffset At, string Protected, IReadOnlyList<CheckJson> Checks)
{
    public static CheckListJson Of(ClusterStatus status) =>
        new(status.Cluster, status.At, StatusJson.Word(status.Protected), [.. status.Checks.Select(CheckJson.Of)]);
}

/// <param name="Subject">A node, a host, or the thing itself.</param>
/// <param name="Verdict">Good, bad or unknown.</param>
/// <param name="Finding">What was seen.</param>
/// <param name="Warning">What will be bad if nobody does anything; absent where there is nothing of the kind.</param>
internal sealed record CheckJson(string Subject, string Verdict, string Finding, string? Warning)
{
    public static CheckJson Of(ProtectionCheck check) =>
        new(check.Subject, StatusJson.Word(check.Verdict), check.Finding, check.Warning);
}
