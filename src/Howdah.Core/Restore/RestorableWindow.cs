using Howdah.Core.Wal;

namespace Howdah.Core.Restore;

/// <summary>The moments that can be restored on the newest timeline, seen from its newest WAL backwards.</summary>
public sealed record RestorableWindow
{
    /// <summary>
    /// Clean snapshots from which recovery reaches the newest WAL, the oldest first: from the end of the first on, any moment can be
    /// restored.
    /// </summary>
    public required IReadOnlyList<RestorableSnapshot> Snapshots { get; init; }

    /// <summary>When the newest WAL was stored; null where it was not looked up.</summary>
    public DateTimeOffset? NewestStoredAt { get; init; }

    /// <summary>Why nothing newer than the past can be restored, in words; null where <see cref="Snapshots"/> has one.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Pure.</summary>
    /// <param name="snapshots">All of the repository's snapshots; those of other systems do not count.</param>
    /// <param name="ledger">The WAL of the system in question.</param>
    public static RestorableWindow Of(IReadOnlyList<RestorableSnapshot> snapshots, WalLedger ledger)
    {
        var reaching = new List<RestorableSnapshot>();
        string? obstacle = null;
        foreach (var snapshot in snapshots.Where(static snapshot => snapshot.IsClean).OrderBy(static snapshot => snapshot.StopLsn))
        {
            var request = new RestoreRequest(snapshots, ledger, RestoreTarget.Latest) { SnapshotId = snapshot.Id };
            var planning = RestorePlanner.Plan(request);
            if (planning.Plan is { EndsAtGap: null })
                reaching.Add(snapshot);
            else
                obstacle = planning.Plan is { } plan ? plan.Remarks[^1] : planning.Refusals[^1].Message;
        }

        var newest = ledger.NewestTimeline is { } timeline ? ledger.Find(timeline) : null;
        return new RestorableWindow
        {
            Snapshots = HoldingAllTablespaces(reaching),
            NewestStoredAt = newest?.LastStored,
            Obstacle = reaching.Count > 0 ? null : obstacle ?? "the repository holds no clean snapshot",
        };
    }

    /// <summary>From a snapshot that lacks a tablespace of a later one, recovery would have to make it at the original's
    /// place (<see cref="TablespaceCreation"/>), so no moment after that can be promised.</summary>
    private static List<RestorableSnapshot> HoldingAllTablespaces(List<RestorableSnapshot> reaching) =>
        reaching is [.., var newest]
            ? [.. reaching.Where(snapshot => newest.Tablespaces.All(snapshot.Tablespaces.Contains))]
            : reaching;
}
