using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Operations.ReceiveWal;

/// <summary>Decides on which timeline to go on, from our history and the server's. Pure.</summary>
internal static class LineagePlanner
{
    /// <summary>Where to go on, and whether we hold WAL that the server's history does not contain.</summary>
    internal readonly record struct Choice(ReceiverPosition Position, bool IsDiverged);

    /// <param name="position">Where we stand.</param>
    /// <param name="ours">History of our timeline.</param>
    /// <param name="server">History of the server's timeline.</param>
    /// <param name="size">The segment size.</param>
    /// <exception cref="OperationException">The server is on an older timeline than we are.</exception>
    public static Choice Choose(ReceiverPosition position, TimelineHistory ours, TimelineHistory server, WalSegmentSize size)
    {
        if (server.Contains(position.Timeline, position.Held))
            return new Choice(position, false);
        if (server.Timeline < position.Timeline)
        {
            throw new OperationException(
                ErrorCodes.Refused,
                $"the server is on timeline {server.Timeline}, and WAL of timeline {position.Timeline} is already held",
                "this looks like an old primary; connect to the promoted server");
        }

        // The last timeline that both histories share, left by the server's at the first of two points:
        // where it was switched, or where we left it.
        var common = server.Ancestors.Select(ancestor => ancestor.Timeline).Append(server.Timeline)
            .Where(timeline => ours.OwnedRange(timeline) is not null)
            .DefaultIfEmpty(default)
            .Last();
        if (common == default)
        {
            throw new OperationException(
                ErrorCodes.Refused,
                $"timeline {server.Timeline} of the server has no ancestor in common with timeline {position.Timeline}, which is held",
                "the server has another past in spite of its system identifier; give it a new repository");
        }

        var left = Lsn.Min(server.OwnedRange(common)!.Value.End, ours.OwnedRange(common)!.Value.End);
        left = Lsn.Min(left, position.Held);
        return new Choice(new ReceiverPosition(common, size.SegmentStart(left), left), true);
    }
}
