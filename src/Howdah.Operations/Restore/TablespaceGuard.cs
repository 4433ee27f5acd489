using System.Globalization;
using Howdah.Core.Restore;
using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;

namespace Howdah.Operations.Restore;

/// <summary>
/// Plans so that no recovery makes a tablespace at a place that the operator did not give it: the WAL of each plan is read before the
/// plan is accepted (design law 6).
/// </summary>
/// <param name="store">The system's WAL; null where none is held, so that nothing can be planned either.</param>
/// <param name="places">What the operator said, by OID or by original place.</param>
internal sealed class TablespaceGuard(WalStore? store, IReadOnlyDictionary<string, string> places)
{
    /// <summary>As <see cref="RestorePlanner.Plan"/>, with the tablespaces found on the way.</summary>
    public RestorePlanning Plan(RestoreRequest request, CancellationToken ct)
    {
        var foreign = new List<TablespaceCreation>();
        while (true)
        {
            // Each turn rules out at least the snapshot that was chosen in the one before.
            var planning = RestorePlanner.Plan(request with { ForeignTablespaces = foreign });
            if (planning.Plan is not { } plan || store is null)
                return planning;
            var made = Find(store, plan, ct);
            var refused = made.Where(creation => !IsGivenItsOwnPlace(creation)).ToList();
            if (refused.Count == 0)
                return planning with { Plan = plan with { TablespacesMade = made } };
            foreign.AddRange(refused);
        }
    }

    private bool IsGivenItsOwnPlace(TablespaceCreation made) =>
        (places.TryGetValue(made.Oid.ToString(CultureInfo.InvariantCulture), out var place) || places.TryGetValue(made.Location, out place))
        && Path.GetFullPath(place) == Path.GetFullPath(made.Location);

    private static List<TablespaceCreation> Find(WalStore store, RestorePlan plan, CancellationToken ct)
    {
        var found = new List<TablespaceCreation>();
        var range = new LsnRange(plan.Snapshot.StartLsn, plan.ReachedLsn + 1);
        new WalScan(store, plan.Path, range).Find(
            record =>
            {
                if (record is WalTablespaceCreation { Location: not "" } made)
                    found.Add(new TablespaceCreation(plan.Path.TimelineAt(made.Start), made.Start, made.Oid, made.Location));
                return false;
            },
            ct);
        return found;
    }
}
