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

    /// <summary>
    /// The newest moment that is known to be restorable; null where there is none, or no server has confirmed that the WAL is whole.
    /// </summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>
    /// End of the oldest snapshot before them from which recovery goes only as far as where a new tablespace was made: many moments
    /// since then can be restored too, but not any. Null where there is none.
    /// </summary>
    public DateTimeOffset? PartlyFrom { get; init; }

    /// <summary>Why nothing newer than the past can be restored, in words; null where <see cref="Snapshots"/> has one.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Pure.</summary>
    /// <param name="snapshots">All of the repository's snapshots; those of other systems do not count.</param>
    /// <param name="ledger">The WAL of the system in question.</param>
    public static RestorableWindow Of(IReadOnlyList<RestorableSnapshot> snapshots, WalLedger ledger)
    {
        var reaching = new List<RestorableSnapshot>();
        string? obstacle = null;
        DateTimeOffset? until = null;
        foreach (var snapshot in snapshots.Where(static snapshot => snapshot.IsClean).OrderBy(static snapshot => snapshot.StopLsn))
        {
            var request = new RestoreRequest(snapshots, ledger, RestoreTarget.Latest) { SnapshotId = snapshot.Id };
            var planning = RestorePlanner.Plan(request);
            if (planning.Plan is { EndsAtGap: null } reached)
            {
                reaching.Add(snapshot);

                // What the oldest of them promises: a later one promises more only where its own end is later than all that is known.
                until ??= reached.ReachedTime;
            }
            else
                obstacle = planning.Plan is { } plan ? plan.Remarks[^1] : planning.Refusals[^1].Message;
        }

        var holding = HoldingAllTablespaces(reaching);
        return new RestorableWindow
        {
            Snapshots = holding,
            PartlyFrom = holding.Count < reaching.Count ? reaching.Find(snapshot => !holding.Contains(snapshot))!.StoppedAt : null,
            Until = until,
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
