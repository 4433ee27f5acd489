using Howdah.Core.Restore;
using Howdah.Core.Wal;

namespace Howdah.Operations.Restore;

/// <summary>What to restore, and where to.</summary>
/// <param name="Directory">The new data directory: missing, empty, or left by an interrupted restore.</param>
/// <param name="Target">Where recovery ends.</param>
public sealed record RestoreOptions(string Directory, RestoreTarget Target)
{
    /// <summary>An id, the beginning of one, <c>latest</c> or <c>oldest</c>; null lets the planner choose.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Whose data; null: the only system, or that of the newest snapshot.</summary>
    public SystemIdentifier? System { get; init; }

    /// <summary>A place for each tablespace, by OID, name or old location. One without a place makes the restore refuse (design
    /// law 6).</summary>
    public IReadOnlyDictionary<string, string> Tablespaces { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Places for tablespaces that the snapshot does not have are no mistake.</summary>
    public bool HasSparePlaces { get; init; }

    /// <summary>Makes a standby that follows <see cref="PrimaryConninfo"/>, and takes from the repository what its primary no
    /// longer has.</summary>
    public bool AsStandby { get; init; }

    public string? PrimaryConninfo { get; init; }

    public string? PrimarySlotName { get; init; }

    /// <summary>
    /// Where the copy is reached; as in <c>listen_addresses</c>. Null: at no address, so that it can be started beside the original and
    /// never in its place.
    /// </summary>
    public string? ListenAddresses { get; init; }

    /// <summary>The copy's port; null keeps the original's.</summary>
    public int? Port { get; init; }

    /// <summary>Absolute path of the program that the server calls for WAL: <c>PROGRAM wal fetch …</c>.</summary>
    public required string FetchProgram { get; init; }

    /// <summary>Told about progress; called from several threads, one at a time.</summary>
    public IProgress<RestoreProgress>? Progress { get; init; }
}

public enum RestorePhase
{
    Copying,
    Configuring,
    Syncing,
    Done,
}

/// <param name="Phase">What is being done.</param>
/// <param name="Bytes">Copied and verified so far.</param>
/// <param name="TotalBytes">To copy.</param>
public readonly record struct RestoreProgress(RestorePhase Phase, long Bytes, long TotalBytes);

/// <summary>A restored data directory, ready to be started.</summary>
/// <param name="Plan">What was carried out; recovery itself happens when the server starts.</param>
/// <param name="Directory">The data directory.</param>
/// <param name="Files">Files copied and verified.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Duration">From the first look at the destination to the last sync.</param>
/// <param name="Remarks">What was changed that the operator must know.</param>
public sealed record RestoreResult(RestorePlan Plan, string Directory, long Files, long Bytes, TimeSpan Duration,
    IReadOnlyList<string> Remarks);
