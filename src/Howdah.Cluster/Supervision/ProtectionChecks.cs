using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Postgres.Server;

namespace Howdah.Cluster.Supervision;

/// <summary>All that being protected consists of, judged one by one. Pure.</summary>
internal static class ProtectionChecks
{
    /// <summary>Ten signs of life that did not come: the process is stopped, or the machine cannot run it.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    public static IReadOnlyList<ProtectionCheck> Of(
        ClusterModel model, ObservedCluster seen, IReadOnlyList<NodeStatus> nodes, BackupStatus backup) =>
    [
        .. ClusterFile(model, seen),
        Topology(seen),
        .. seen.Hosts.Count > 1 ? AgentChecks.Of(seen) : [Supervisor(seen)],
        .. seen.Hosts is [{ Certificate: null }] ? [] : CertificateChecks.Of(seen),
        .. seen.Hosts.Count > 1 ? ClockChecks.Of(seen) : [],
        .. DiskChecks.Of(model, seen),
        .. nodes.Select(Node),
        Receiver(backup),
        Standbys(nodes),
        .. CommitChecks.Of(model, seen),
        .. SettingChecks.Of(model, seen),
        .. RestartChecks.Of(model, seen),
        BaseBackup(seen, backup),
        .. Tablespaces(seen),
        .. Slots(model, seen),
        Drill(seen),
    ];

    /// <summary>Only where it is amiss: then addresses and names are of another file than what runs.</summary>
    private static IEnumerable<ProtectionCheck> ClusterFile(ClusterModel model, ObservedCluster seen)
    {
        if (!seen.HasOtherFile)
            yield break;
        var way = model.IsOnOneMachine
            ? "run howdah up, or see howdah plan"
            : $"run {model.PutInForceBy}, or name the one in force: --config {model.Paths.ClusterFile}";
        yield return Bad("cluster file", $"this cluster file is not the one in force: {way}");
    }

    private static ProtectionCheck Topology(ObservedCluster seen) => seen.Topology switch
    {
        { Conflict: { } conflict } => Bad("primary", $"{conflict}; {seen.Topology.WayOut}"),
        { Primary: { } primary } => Good("primary", $"{primary.Name} alone"),
        _ => Unknown("primary", "there is none yet"),
    };

    private static ProtectionCheck Supervisor(ObservedCluster seen)
    {
        const string subject = "howdah up";
        if (seen.SupervisorProcessId is not { } process)
        {
            const string finding = "does not run: nobody watches, and no WAL is received";
            return Bad(subject, finding) with { Reason = $"{subject} {finding}" };
        }

        var silence = seen.At - seen.SupervisorLastSign;
        return silence <= LongestSilence
            ? Good(subject, $"watches (process {process})")
            : Bad(
                subject,
                $"howdah up (process {process}) has shown no sign of life for {silence.TotalSeconds:0} s: nothing is watched, "
                + "and no WAL is received");
    }

    private static ProtectionCheck Node(NodeStatus node) => node.Problem is { } problem
        ? new(node.Name, node.Verdict, problem)
        {
            // That its host cannot be seen is told of the host.
            Reason = node.State == ServerState.Unknown ? null : $"{node.Name} {problem}",
        }
        : Good(node.Name, node.IsPrimary == true ? "accepts writes" : $"streams, {node.ReplayLagBytes ?? 0} bytes behind");

    private static ProtectionCheck Receiver(BackupStatus backup) => backup.Problem is { } problem
        ? new(backup.Name, backup.Verdict, problem) { Reason = $"{backup.Name}: {problem}" }
        : Good(backup.Name, $"receives, {backup.LagBytes ?? 0} bytes behind");

    private static ProtectionCheck Standbys(IReadOnlyList<NodeStatus> nodes)
    {
        const string subject = "standbys";
        return nodes.Count < 2
            ? Bad(subject, "there is no standby") with { IsByChoice = true }
            : Good(subject, $"{nodes.Count - 1} in the cluster file");
    }

    private static ProtectionCheck BaseBackup(ObservedCluster seen, BackupStatus backup)
    {
        const string subject = "base backup";
        return (backup.Snapshots, seen.Backup.Window) switch
        {
            (0, _) => Bad(subject, "there is no base backup"),
            (_, { Obstacle: { } obstacle }) => Bad(subject, $"no base backup leads to the newest WAL: {obstacle}"),
            (null, _) or (_, null) => Unknown(subject, "which base backup leads to the newest WAL is not known"),
            (_, { Snapshots.Count: var count }) => Good(subject, $"{count} of {backup.Snapshots} lead to the newest WAL"),
        };
    }

    private static IEnumerable<ProtectionCheck> Tablespaces(ObservedCluster seen)
    {
        const string subject = "tablespaces";
        if (seen.AnsweringPrimary is null)
            return [Unknown(subject, "the primary does not answer which there are")];
        var unsaved = seen.UnsavedTablespaces();
        return unsaved.Count == 0
            ? [Good(subject, "all are in the newest base backup")]
            : unsaved.Select(found => Bad(subject, $"no base backup holds tablespace {found.Name} in {found.Location}"));
    }

    private static IEnumerable<ProtectionCheck> Slots(ClusterModel model, ObservedCluster seen)
    {
        const string subject = "slots";
        if (seen.AnsweringPrimary?.Answers is not { } answers)
            return [Unknown(subject, "the primary does not answer what they keep")];
        var ours = model.Nodes.Select(node => node.SlotName).Append(model.Backup.SlotName).ToHashSet(StringComparer.Ordinal);
        var failing = answers.Slots.Where(slot => ours.Contains(slot.Name) && slot.WalStatus is "unreserved" or "lost").ToList();
        return failing.Count == 0
            ? [Good(subject, "they keep what their followers need"), .. Strange(answers.Slots.Where(slot => !ours.Contains(slot.Name)))]
            : failing.Select(slot => Bad(subject, $"slot {slot.Name} is {slot.WalStatus}"));
    }

    /// <summary>One of a node that was taken out with its host, or of somebody who went away, keeps WAL for nobody.</summary>
    private static IEnumerable<ProtectionCheck> Strange(IEnumerable<ObservedSlot> slots)
    {
        foreach (var slot in slots.Where(slot => slot is { IsPhysical: true, IsTemporary: false, IsActive: false, RestartLsn: not null }))
        {
            var sentence = $"slot {slot.Name} is of nobody in the cluster file, and keeps WAL from {slot.RestartLsn} on: when nobody needs "
                + $"it, select pg_drop_replication_slot('{slot.Name}') on the primary";
            yield return new ProtectionCheck($"slot {slot.Name}", Verdict.Good, "keeps WAL for nobody in the cluster file")
            {
                Warning = sentence,
            };
        }
    }

    private static ProtectionCheck Drill(ObservedCluster seen)
    {
        const string subject = "drill";
        if (seen.AnsweringPrimary?.Answers is { } answers && seen.Proof?.System != answers.System)
            return Bad(subject, "no drill has proven that a backup can be restored");
        if (seen.Backup.LastDrill?.WhatFailed() is { } failure)
            return Bad(subject, $"the last drill failed: {failure}");
        return (seen.Backup.LastDrill?.StartedAt ?? seen.Proof?.At) is { } at
            ? Good(subject, $"the last one succeeded, {at:yyyy-MM-dd HH:mm:ss} UTC")
            : Unknown(subject, "no drill was seen");
    }

    private static ProtectionCheck Good(string subject, string finding) => new(subject, Verdict.Good, finding);

    private static ProtectionCheck Unknown(string subject, string finding) => new(subject, Verdict.Unknown, finding);

    private static ProtectionCheck Bad(string subject, string sentence) => new(subject, Verdict.Bad, sentence) { Reason = sentence };
}
