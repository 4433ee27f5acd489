using Howdah.Cluster.Agents;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Rendering;
using Howdah.Cluster.Trust;
using Howdah.Core.Restore;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.Server;
using Howdah.Postgres.Versions;
using Howdah.Repository.Drills;

namespace Howdah.Cluster.Observation;

/// <summary>What was seen of a cluster at one moment. A null says that something was not seen, never that it is not there.</summary>
public sealed record ObservedCluster
{
    public required DateTimeOffset At { get; init; }

    public required IReadOnlyList<ObservedHost> Hosts { get; init; }

    public required IReadOnlyList<ObservedNode> Nodes { get; init; }

    public required ObservedBackup Backup { get; init; }

    /// <summary>The node whose data the others follow, or why there is none.</summary>
    public required Topology Topology { get; init; }

    /// <summary>The budget that was derived for the slots; null until it was.</summary>
    public ByteSize? SlotWalBudget { get; init; }

    /// <summary>Another cluster file than the one that we go by is in force.</summary>
    public bool HasOtherFile { get; init; }

    /// <summary>The last proof that succeeded.</summary>
    public ProofRecord? Proof { get; init; }

    /// <summary>The node that this host saw accept writes last, whenever that was; null where it has noted none.</summary>
    public string? LastPrimary { get; init; }

    /// <summary>The process that holds the supervisor's lock; null where none does.</summary>
    public int? SupervisorProcessId { get; init; }

    /// <summary>When that process last showed that it lives; meaningless where there is none.</summary>
    public DateTimeOffset SupervisorLastSign { get; init; }

    /// <summary>Our own clock when the primary's host was looked at; null where that is not known.</summary>
    public DateTimeOffset? PrimarySeenAt => Topology.Primary is { } primary
        && Hosts.FirstOrDefault(host => host.Model.Has(primary)) is { Age: { } age } ? At - age : null;

    public IReadOnlyList<HostAge> Ages => [.. Hosts.Select(host => new HostAge(host.Model.Name, host.Age))];

    public ObservedNode Node(NodeModel model) => Nodes.First(node => node.Model == model);

    public ObservedHost Host(string name) => Hosts.First(host => string.Equals(host.Model.Name, name, StringComparison.Ordinal));

    /// <summary>The nodes that are to follow the primary: all others, but those that a person took out.</summary>
    public IEnumerable<ObservedNode> Standbys => Nodes.Where(node => node.Model != Topology.Primary && !node.IsRemoved);

    /// <summary>Tablespaces of the primary that are not in the newest snapshot that leads to the newest WAL.</summary>
    public IReadOnlyList<ObservedTablespace> UnsavedTablespaces()
    {
        if (Backup.Window is not { Snapshots: [.., var newest] })
            return [];
        return [.. (AnsweringPrimary?.Answers?.Tablespaces ?? []).Where(tablespace => !newest.Tablespaces.Contains(tablespace.Oid))];
    }

    /// <summary>The primary with what it answered; null where there is none or it did not answer.</summary>
    public ObservedNode? AnsweringPrimary =>
        Topology.Primary is { } primary && Node(primary) is { Answers.InRecovery: false } node ? node : null;
}

/// <summary>One machine: seen by ourselves, or by its agent, which told us.</summary>
public sealed record ObservedHost(HostModel Model)
{
    /// <summary>How old what is known of it is, by our own clock: zero for this machine; null where nothing is known.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Why it could not be seen now; null where it was.</summary>
    public string? Problem { get; init; }

    /// <summary>How far its clock is ahead of ours, within the time that it takes to ask; null of this machine, and where it is not
    /// known.</summary>
    public TimeSpan? ClockAhead { get; init; }

    /// <summary>What is known of it is of now.</summary>
    public bool IsSeen => Age is not null && Problem is null;

    /// <summary>The cluster's directories are there with their modes.</summary>
    public bool HasDirectories { get; init; }

    /// <summary>Passwords and passfile are there and cover every node and role of the model.</summary>
    public bool HasSecrets { get; init; }

    /// <summary>Somebody asked here for a new database system. On one machine that is what <c>up</c> means.</summary>
    public bool IsCreationRequested { get; init; }

    /// <summary>Its certificate; null on one machine, where there is none, and where it cannot be read or its agent did not tell.</summary>
    public HostCertificate? Certificate { get; init; }

    /// <summary>The cluster file that it goes by; without a revision on one machine, where the file itself is read.</summary>
    public FileMark ClusterFile { get; init; }

    /// <summary>Why its agent does not answer, though what is on it was seen: of this machine, asked by a command. Null where it
    /// does.</summary>
    public string? AgentProblem { get; init; }
}

public enum DataPlace
{
    /// <summary>The node's host was not seen.</summary>
    Unknown,

    /// <summary>No directory, or an empty one.</summary>
    Absent,

    /// <summary>A data directory of the wanted major version.</summary>
    Initialized,

    /// <summary>Something else: files that are no data directory, or another major version.</summary>
    Foreign,
}

public enum StagedCopy
{
    None,

    /// <summary>Being made, or left by something that was interrupted.</summary>
    Unfinished,

    /// <summary>Complete and verified against its manifest; waits to be put in place.</summary>
    Verified,
}

/// <summary>One node, seen from its files, its process and its own answers.</summary>
public sealed record ObservedNode(NodeModel Model)
{
    public required DataPlace Data { get; init; }

    /// <summary>The major version whose data is here, where it is another than the cluster file's; null where it is not.</summary>
    public int? OtherMajor { get; init; }

    /// <summary>It would start as a standby.</summary>
    public bool HasStandbyMarker { get; init; }

    /// <summary>The file that says that its restore or recovery is not over; null where none does.</summary>
    public string? UnfinishedRecovery { get; init; }

    /// <summary>What the primary had when it wrote the last WAL that a standby has replayed; empty where it is not known.</summary>
    public IReadOnlyDictionary<string, long> ReplayedLimits { get; init; } = NodeAnswers.NoLimits;

    public required ServerStatus Server { get; init; }

    /// <summary>The copy beside the data directory.</summary>
    public StagedCopy Staged { get; init; }

    /// <summary>A data directory that a newer one has replaced is still there.</summary>
    public bool HasReplacedData { get; init; }

    /// <summary>Somebody, or a lost slot, asked for a new copy, and it is not in place yet.</summary>
    public bool IsRebuildRequested { get; init; }

    /// <summary>A person decided that this node, whose data is no copy of the primary's, is to follow: it is no candidate for primary, and
    /// its data is kept aside.</summary>
    public bool IsGivenUp { get; init; }

    /// <summary>It accepts writes, or would when it is started.</summary>
    public bool WouldBePrimary => Answers is { InRecovery: false } || (Data == DataPlace.Initialized && !HasStandbyMarker);

    /// <summary>It was a primary and is not told to follow: what only it holds may be written nowhere else. Means nothing of the primary
    /// itself.</summary>
    public bool IsFormerPrimary => Data == DataPlace.Initialized && !HasStandbyMarker && Answers is not { InRecovery: true };

    /// <summary>That its files end on; null where they do not tell.</summary>
    public TimelineId? Timeline { get; init; }

    /// <summary>Of the database system that its files are of; null where they do not tell.</summary>
    public SystemIdentifier? System => Answers?.System ?? FileSystem;

    /// <summary>As its files say.</summary>
    public SystemIdentifier? FileSystem { get; init; }

    /// <summary>As it answers, or else as its files say.</summary>
    public TimelineId? NewestTimeline => Answers?.Timeline ?? Timeline;

    /// <summary>A person took it out of the cluster, though the cluster file names it.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>Directories of its tablespaces that another node of this machine uses too: both write into the same files.</summary>
    public IReadOnlyList<string> SharedTablespaces { get; init; } = [];

    /// <summary>What is to be in place; null while it has no role.</summary>
    public NodeRendering? Wanted { get; init; }

    /// <summary>Names of files that are not as rendered and should be.</summary>
    public IReadOnlyList<string> DifferingFiles { get; init; } = [];

    /// <summary>What the settings among <see cref="DifferingFiles"/> will change.</summary>
    public IReadOnlyList<ChangedSetting> ChangedSettings { get; init; } = [];

    /// <summary>Why it did not start with the wanted configuration, so that it has the one of before; null where that is not
    /// known to be so.</summary>
    public string? RefusedBecause { get; init; }

    /// <summary>The fullest of the disks that it writes to; null where it has no data, and from an agent that is older than this
    /// field.</summary>
    public ObservedDisk? Disk { get; init; }

    /// <summary>What it answered to SQL; null where it did not.</summary>
    public NodeAnswers? Answers { get; init; }

    /// <summary>Why it did not answer although it runs; null where it did or does not run.</summary>
    public string? Problem { get; init; }
}

/// <summary>What a node said of itself.</summary>
public sealed record NodeAnswers
{
    internal static readonly IReadOnlyDictionary<string, long> NoLimits = new Dictionary<string, long>(StringComparer.Ordinal);

    public required PostgresVersion Version { get; init; }

    public required bool InRecovery { get; init; }

    public required SystemIdentifier System { get; init; }

    public TimelineId? Timeline { get; init; }

    /// <summary>Flushed (primary) or replayed (standby).</summary>
    public Lsn? Position { get; init; }

    public Lsn? Received { get; init; }

    /// <summary>Commit time of the last transaction that a standby replayed.</summary>
    public DateTimeOffset? ReplayedCommitAt { get; init; }

    /// <summary>Files were written after the server last read them.</summary>
    public bool NeedsReload { get; init; }

    /// <summary>It shows another certificate than the one that is installed on its host: it has not read that yet.</summary>
    public bool ShowsOldCertificate { get; init; }

    /// <summary>Settings, or recovery.conf, that count only after a restart.</summary>
    public IReadOnlyList<string> PendingRestart { get; init => field = value ?? []; } = [];

    /// <summary>Settings that count only after a restart, and that nothing needs before: no reason for one.</summary>
    public IReadOnlyList<string> DeferredRestart { get; init => field = value ?? []; } = [];

    /// <summary>Settings that protection depends on, where another place than Howdah's file decides on them.</summary>
    public IReadOnlyList<OverriddenSetting> Overridden { get; init => field = value ?? []; } = [];

    /// <summary>The settings that a standby must not have less of than its primary.</summary>
    public IReadOnlyDictionary<string, long> Limits { get; init => field = value ?? NoLimits; } = NoLimits;

    /// <summary>Those of <see cref="Limits"/> that a restart will change, with what they will be then.</summary>
    public IReadOnlyDictionary<string, long> NextLimits { get; init => field = value ?? NoLimits; } = NoLimits;

    public IReadOnlyList<ObservedSlot> Slots { get; init => field = value ?? []; } = [];

    /// <summary>pg_stat_replication.</summary>
    public IReadOnlyList<ObservedFollower> Followers { get; init => field = value ?? []; } = [];

    /// <summary>pg_stat_wal_receiver's status; null where none runs.</summary>
    public string? WalReceiver { get; init; }

    /// <summary>The slot that the standby streams through.</summary>
    public string? ReceiverSlot { get; init; }

    public bool IsReplayPaused { get; init; }

    public IReadOnlyList<ObservedRole> Roles { get; init => field = value ?? []; } = [];

    /// <summary>Those outside of the data directory.</summary>
    public IReadOnlyList<ObservedTablespace> Tablespaces { get; init => field = value ?? []; } = [];

    /// <summary>The first follower of that name; null where there is none.</summary>
    public ObservedFollower? FindFollower(string applicationName) =>
        Followers.FirstOrDefault(follower => string.Equals(follower.ApplicationName, applicationName, StringComparison.Ordinal));

    /// <summary>A follower of that name streams, and that slot is in use.</summary>
    public bool IsFollowedBy(string applicationName, string slotName) =>
        Followers.Any(
            follower => follower.IsStreaming && string.Equals(follower.ApplicationName, applicationName, StringComparison.Ordinal))
        && Slots.Any(slot => slot.IsActive && string.Equals(slot.Name, slotName, StringComparison.Ordinal));
}

/// <summary>A setting that was set behind Howdah's back.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What is in force, with the unit of pg_settings.</param>
/// <param name="Place">The file and line that say so, or the command line.</param>
public sealed record OverriddenSetting(string Name, string Value, string Place);

public sealed record ObservedSlot(string Name, bool IsActive, Lsn? RestartLsn)
{
    public string? WalStatus { get; init; }

    public long? SafeWalBytes { get; init; }

    public bool IsTemporary { get; init; }

    public bool IsPhysical { get; init; } = true;

    /// <summary>The server has given the slot up.</summary>
    public bool IsLost => WalStatus is "lost";
}

public sealed record ObservedFollower(string ApplicationName, string State)
{
    public string? User { get; init; }

    public string? Address { get; init; }

    public string? SyncState { get; init; }

    public Lsn? Sent { get; init; }

    public Lsn? Flushed { get; init; }

    public Lsn? Replayed { get; init; }

    public DateTimeOffset? Since { get; init; }

    public bool IsStreaming => State is "streaming";
}

public sealed record ObservedTablespace(uint Oid, string Name, string Location);

/// <summary>A role of ours as it is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MayReplicate">LOGIN and REPLICATION, and no superuser.</param>
/// <param name="HasOurPassword">Its verifier is of the password that we keep.</param>
/// <param name="Fingerprint">What its statements were when they were last carried out; null where they never were.</param>
public sealed record ObservedRole(string Name, bool MayReplicate, bool HasOurPassword, string? Fingerprint);

/// <summary>The backup host: repository and receiver.</summary>
public sealed record ObservedBackup
{
    /// <summary>False where its host was not seen: then nothing here says anything.</summary>
    public bool IsSeen { get; init; } = true;

    public required bool HasRepository { get; init; }

    /// <summary>Why the repository could not be read; null where it was, or is not there yet.</summary>
    public string? Problem { get; init; }

    /// <summary>That of the repository; null where there is none, and from an agent that is older than this field.</summary>
    public ObservedDisk? Disk { get; init; }

    /// <summary>Systems of which WAL is held.</summary>
    public IReadOnlyList<SystemIdentifier> Systems { get; init => field = value ?? []; } = [];

    /// <summary>The clean snapshots of the primary's system, the oldest first.</summary>
    public IReadOnlyList<SnapshotSummary> Snapshots { get; init => field = value ?? []; } = [];

    /// <summary>What can be restored of the primary's system; null where no WAL of it is held yet.</summary>
    public RestorableWindow? Window { get; init; }

    public int Gaps { get; init; }

    /// <summary>The newest drill of all, whoever asked for it.</summary>
    public DrillRecord? LastDrill { get; init; }

    /// <summary>This process receives.</summary>
    public bool IsReceiverRunning { get; init; }

    /// <summary>Why this process, which is to receive, does not now; null where it does, or another process is to.</summary>
    public string? ReceiverError { get; init; }

    /// <summary>What the follower of the receiver's name calls flushed is in the repository: anybody may use that name. Null where it was
    /// not seen; as from an agent that is older than this field.</summary>
    public bool? HoldsFlushed { get; init; }
}

public sealed record SnapshotSummary(string Id, SystemIdentifier System, DateTimeOffset StoppedAt, Lsn StopLsn);

/// <summary>The last proof: what was written was read on the standbys, received, restored and read there.</summary>
public sealed record ProofRecord
{
    public required SystemIdentifier System { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The snapshot that was restored.</summary>
    public required string Snapshot { get; init; }

    /// <summary>How long restore, start and query took.</summary>
    public required TimeSpan Took { get; init; }

    /// <summary>The nodes that the row was read on.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }
}
