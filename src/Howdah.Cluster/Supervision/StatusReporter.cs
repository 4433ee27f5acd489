using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Wal;

namespace Howdah.Cluster.Supervision;

/// <summary>Judges what was observed. Pure. What was not seen is <see cref="Verdict.Unknown"/>, and that is never good.</summary>
internal sealed class StatusReporter(ClusterModel model)
{
    /// <summary>Without a look for this long, "protected since" would claim what nobody watched.</summary>
    private static readonly TimeSpan LongestUnwatched = TimeSpan.FromMinutes(2);

    public ClusterStatus Report(ObservedCluster seen, ProtectionRecord? remembered)
    {
        var primary = seen.AnsweringPrimary;
        var nodes = seen.Nodes.Select(node => Node(node, seen, primary)).ToList();
        var backup = Backup(seen, primary);
        var checks = ProtectionChecks.Of(model, seen, nodes, backup);
        var verdict = checks.Any(check => check.Verdict == Verdict.Bad) ? Verdict.Bad
            : checks.All(check => check.Verdict == Verdict.Good) ? Verdict.Good
            : Verdict.Unknown;
        var watched = remembered?.Since is { } && seen.At - remembered.SeenAt < LongestUnwatched;
        return new ClusterStatus
        {
            Cluster = model.Name,
            At = seen.At,
            Protected = verdict,
            Checks = checks,
            Hosts = [.. seen.Hosts.Select(Host)],
            ProtectedSince = verdict != Verdict.Good ? null : watched ? remembered!.Since : seen.At,
            WouldLoseBytes = WouldLose(seen, primary),
            Nodes = nodes,
            Backup = backup,
            SupervisorProcessId = seen.SupervisorProcessId,
        };
    }

    private static HostStatus Host(ObservedHost host) =>
        new(host.Model.Name, host.Age, host.Problem ?? host.AgentProblem)
        {
            Revision = host.ClusterFile.Revision == 0 ? null : host.ClusterFile.Revision,
            Certificate = host.Certificate,
        };

    private static NodeStatus Node(ObservedNode node, ObservedCluster seen, ObservedNode? primary)
    {
        var isPrimary = seen.Topology.Primary == node.Model;
        var follower = isPrimary ? null : primary?.Answers?.FindFollower(node.Model.ApplicationName);
        var problem = ProblemOf(node, seen, follower);
        return new NodeStatus(node.Model.Name, node.Model.Address, node.Model.Port, node.Server.State)
        {
            IsPrimary = node.Answers is { } answers ? !answers.InRecovery : null,
            Verdict = problem is null ? Verdict.Good
                : node.Data == DataPlace.Unknown || (node.Answers is null && node.Server.IsRunning) ? Verdict.Unknown
                : Verdict.Bad,
            Problem = problem,
            Version = node.Answers?.Version.ToString(),
            Timeline = node.Answers?.Timeline,
            Position = node.Answers?.Position,
            Streaming = follower?.State,
            SyncState = follower?.SyncState,
            FlushLagBytes = isPrimary ? null : Behind(primary?.Answers?.Position, follower?.Flushed),
            ReplayLagBytes = isPrimary ? null : Behind(primary?.Answers?.Position, follower?.Replayed),
            DiskFreeBytes = node.Disk?.FreeBytes,
        };
    }

    private static string? ProblemOf(ObservedNode node, ObservedCluster seen, ObservedFollower? follower)
    {
        var isPrimary = seen.Topology.Primary == node.Model;
        if (node.Data == DataPlace.Unknown)
            return "cannot be seen";
        if (node.IsRemoved)
            return $"was removed: take it out of the cluster file, or: howdah standby add {node.Model.Name}";
        if (node.Data == DataPlace.Absent)
            return "has no data";
        if (!isPrimary && node.SharedTablespaces is [var shared, ..])
            return $"uses the tablespace directory of another server, {shared}";
        // Without a primary that is told of the cluster.
        if (!isPrimary && seen.Topology.Primary is not null && node is { IsFormerPrimary: true, IsGivenUp: false })
            return "was a primary and is not one any more; to let it follow, and to keep what only it held: "
                + $"howdah standby rebuild {node.Model.Name}";
        if (!node.Server.IsRunning)
            return "does not run";
        if (node.Answers is null)
            return node.Problem ?? "does not answer";
        if (node.RefusedBecause is { } refused)
            return "runs with its former settings, because it did not start with those of the cluster file, which are to be corrected: "
                + refused;
        if (isPrimary)
            return null;
        if (!node.Answers.InRecovery)
            return "is no standby";
        if (node.Answers.IsReplayPaused)
            return "has paused its replay";
        return seen.AnsweringPrimary is null ? "cannot be seen to follow: the primary does not answer"
            : follower is null ? "does not follow"
            : follower.IsStreaming ? null
            : $"is in state {follower.State}, not streaming";
    }

    private BackupStatus Backup(ObservedCluster seen, ObservedNode? primary)
    {
        var follower = primary?.Answers?.FindFollower(model.Backup.ApplicationName);
        var problem = seen.Backup.Problem
            ?? (!seen.Backup.HasRepository ? "there is no repository" : null)
            ?? (primary is null ? "cannot be seen to receive: the primary does not answer" : null)
            ?? (follower is null ? seen.Backup.ReceiverError ?? "does not receive" : null)
            ?? (follower!.IsStreaming ? null : $"is in state {follower.State}, not streaming")
            ?? WhyNotHeld(seen.Backup);
        var isUnsure = !seen.Backup.IsSeen || (problem is null && seen.Backup.HoldsFlushed is null);
        if (isUnsure)
            problem = seen.Backup.IsSeen ? "cannot be seen to hold what is streamed under its name" : "cannot be seen";
        var confirmed = seen.Backup.HoldsFlushed == true ? follower : null;
        var snapshots = seen.Backup.Snapshots;
        return new BackupStatus(model.Backup.Name)
        {
            Verdict = isUnsure ? Verdict.Unknown : problem is null ? Verdict.Good : Verdict.Bad,
            Problem = problem,
            Streaming = follower?.State,
            SyncState = follower?.SyncState,
            Flushed = confirmed?.Flushed,
            LagBytes = Behind(primary?.Answers?.Position, confirmed?.Flushed),
            DiskFreeBytes = seen.Backup.Disk?.FreeBytes,
            Snapshots = seen.Backup is { IsSeen: true, Problem: null } ? snapshots.Count : null,
            IsWindowKnown = seen.Backup.Window is not null || snapshots.Count == 0,
            RestorableFrom = seen.Backup.Window is { Snapshots: [var oldest, ..] } ? oldest.StoppedAt : null,
            RestorableTo = seen.Backup.Window?.Until,
            RestorableToAge = seen.Backup.Window?.Until is { } until ? AgeByPrimary(until, seen) : null,
            PartlyRestorableFrom = seen.Backup.Window?.PartlyFrom,
            LastBackupAt = snapshots.Count > 0 ? snapshots[^1].StoppedAt : null,
            Gaps = seen.Backup.Gaps,
            LastDrillAt = seen.Backup.LastDrill?.StartedAt,
            LastDrillTook = seen.Backup.LastDrill is { } drill ? TimeSpan.FromSeconds(drill.SecondsToAnswer) : null,
            LastDrillSucceeded = seen.Backup.LastDrill?.Succeeded(),
            LastDrillQueryFailed = seen.Backup.LastDrill?.QueryFailure is not null,
        };
    }

    private TimeSpan AgeByPrimary(DateTimeOffset moment, ObservedCluster seen)
    {
        var node = seen.Topology.Primary ?? model.FindNode(seen.LastPrimary ?? "");
        var ahead = node is null ? null : seen.Host(model.HostOf(node).Name).ClockAhead;
        var age = seen.At - moment + (ahead ?? TimeSpan.Zero);
        return age < TimeSpan.Zero ? TimeSpan.Zero : age;
    }

    /// <summary>A follower of the receiver's name streams. Anybody may: what counts is what arrives here.</summary>
    private string? WhyNotHeld(ObservedBackup backup)
    {
        var name = model.Backup.ApplicationName;
        if (backup.ReceiverError is { } error)
            return $"does not receive, though somebody streams as {name}: {error}";
        return backup.HoldsFlushed == false
            ? $"does not hold what is confirmed by who streams as {name}: is that somebody else, through slot {model.Backup.SlotName}?"
            : null;
    }

    private long? WouldLose(ObservedCluster seen, ObservedNode? primary)
    {
        if (primary?.Answers?.Position is not { } position)
            return null;
        var held = primary.Answers.Followers.Where(follower => IsOurs(follower, seen.Backup))
            .Select(follower => follower.Flushed).OfType<Lsn>().ToList();
        return held.Count == 0 ? null : (long)position.BytesSince(held.Max());
    }

    private bool IsOurs(ObservedFollower follower, ObservedBackup backup) =>
        string.Equals(follower.ApplicationName, model.Backup.ApplicationName, StringComparison.Ordinal)
            ? backup.HoldsFlushed == true
            : model.Nodes.Any(node => string.Equals(node.ApplicationName, follower.ApplicationName, StringComparison.Ordinal));

    private static long? Behind(Lsn? ahead, Lsn? behind) =>
        ahead is { } first && behind is { } second ? (long)first.BytesSince(second) : null;
}
