using Howdah.Cluster.Supervision;

namespace Howdah.Cli.Json;

/// <summary>What <c>status --json</c> prints. Verdicts are good, bad or unknown.</summary>
internal sealed record StatusJson
{
    public required string Cluster { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Protected { get; init; }

    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>What is well now, and will not be if nobody does anything.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    public DateTimeOffset? ProtectedSince { get; init; }

    public long? WouldLoseBytes { get; init; }

    public int? SupervisorProcessId { get; init; }

    public required IReadOnlyList<NodeStatusJson> Nodes { get; init; }

    public required BackupStatusJson Backup { get; init; }

    /// <summary>The machines, in the order of the cluster file.</summary>
    public required IReadOnlyList<HostStatusJson> Hosts { get; init; }

    public static StatusJson Of(ClusterStatus status) =>
        new()
        {
            Cluster = status.Cluster,
            At = status.At,
            Protected = Word(status.Protected),
            Reasons = status.Reasons,
            Warnings = status.Warnings,
            ProtectedSince = status.ProtectedSince,
            WouldLoseBytes = status.WouldLoseBytes,
            SupervisorProcessId = status.SupervisorProcessId,
            Nodes = [.. status.Nodes.Select(NodeStatusJson.Of)],
            Backup = BackupStatusJson.Of(status.Backup),
            Hosts = [.. status.Hosts.Select(host => new HostStatusJson(host.Name, host.Age?.TotalSeconds, host.Problem, host.Revision))],
        };

    internal static string Word(Verdict verdict) => verdict.ToString().ToLowerInvariant();
}

/// <param name="Name">As in the cluster file.</param>
/// <param name="AgeSeconds">How old what is known of it is; 0 for this one. Null where nothing is known.</param>
/// <param name="Problem">Why it, or its agent, does not answer; null where it does.</param>
/// <param name="Revision">Of the cluster file that it goes by; null on one machine, and where it is not known.</param>
internal sealed record HostStatusJson(string Name, double? AgeSeconds, string? Problem, long? Revision);

internal sealed record NodeStatusJson
{
    public required string Name { get; init; }

    public required string Address { get; init; }

    public required int Port { get; init; }

    public required string Server { get; init; }

    public required string Verdict { get; init; }

    /// <summary>primary, standby, or absent where it did not answer.</summary>
    public string? Role { get; init; }

    public string? Problem { get; init; }

    public string? Version { get; init; }

    public uint? Timeline { get; init; }

    public string? Position { get; init; }

    public string? Streaming { get; init; }

    public string? SyncState { get; init; }

    public long? FlushLagBytes { get; init; }

    public long? ReplayLagBytes { get; init; }

    public long? DiskFreeBytes { get; init; }

    public static NodeStatusJson Of(NodeStatus node) =>
        new()
        {
            Name = node.Name,
            Address = node.Address,
            Port = node.Port,
            Server = node.State.ToString().ToLowerInvariant(),
            Verdict = StatusJson.Word(node.Verdict),
            Role = node.IsPrimary switch
            {
                true => "primary",
                false => "standby",
                _ => null,
            },
            Problem = node.Problem,
            Version = node.Version,
            Timeline = node.Timeline?.Value,
            Position = node.Position?.ToString(),
            Streaming = node.Streaming,
            SyncState = node.SyncState,
            FlushLagBytes = node.FlushLagBytes,
            ReplayLagBytes = node.ReplayLagBytes,
            DiskFreeBytes = node.DiskFreeBytes,
        };
}

internal sealed record BackupStatusJson
{
    public required string Name { get; init; }

    public required string Verdict { get; init; }

    public string? Problem { get; init; }

    public string? Streaming { get; init; }

    public string? SyncState { get; init; }

    public string? Flushed { get; init; }

    public long? LagBytes { get; init; }

    public long? DiskFreeBytes { get; init; }

    public int? Snapshots { get; init; }

    public DateTimeOffset? RestorableFrom { get; init; }

    public DateTimeOffset? PartlyRestorableFrom { get; init; }

    public DateTimeOffset? RestorableTo { get; init; }

    public DateTimeOffset? LastBackupAt { get; init; }

    public required int Gaps { get; init; }

    public DateTimeOffset? LastDrillAt { get; init; }

    public double? LastDrillSeconds { get; init; }

    public bool? LastDrillSucceeded { get; init; }

    public static BackupStatusJson Of(BackupStatus backup) =>
        new()
        {
            Name = backup.Name,
            Verdict = StatusJson.Word(backup.Verdict),
            Problem = backup.Problem,
            Streaming = backup.Streaming,
            SyncState = backup.SyncState,
            Flushed = backup.Flushed?.ToString(),
            LagBytes = backup.LagBytes,
            DiskFreeBytes = backup.DiskFreeBytes,
            Snapshots = backup.Snapshots,
            RestorableFrom = backup.RestorableFrom,
            PartlyRestorableFrom = backup.PartlyRestorableFrom,
            RestorableTo = backup.RestorableTo,
            LastBackupAt = backup.LastBackupAt,
            Gaps = backup.Gaps,
            LastDrillAt = backup.LastDrillAt,
            LastDrillSeconds = backup.LastDrillTook?.TotalSeconds,
            LastDrillSucceeded = backup.LastDrillSucceeded,
        };
}
