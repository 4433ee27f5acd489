using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Operations.ReceiveWal;

/// <summary>
/// Whether what a follower of a server calls flushed lies in a repository. A follower is known by a name that anybody may use, so only
/// the bytes themselves prove that it is the receiver of this repository.
/// </summary>
public static class HeldWal
{
    /// <param name="store">The WAL of the server's system.</param>
    /// <param name="ledger">Read from it after the position was seen: then all that its receiver has confirmed is in it.</param>
    /// <param name="timeline">The server's; null where it is not known, and then the newest counts.</param>
    /// <param name="position">What is called flushed.</param>
    public static bool Reaches(WalStore store, WalLedger ledger, TimelineId? timeline, Lsn position)
    {
        if ((timeline ?? ledger.NewestTimeline) is not { } current)
            return false;
        var held = ledger.HistoryOf(current) is { } history ? ledger.Coverage(history) : ledger.Find(current)?.Ranges ?? [];
        // At its start, too: a first receiver begins at the start of a segment, and confirms that.
        return held.Any(range => range.Start <= position && position <= range.End)
            || (held is [.., var last] && last.End < position && StorageFailure.Run(
                $"looking for the WAL at {position} in {store.Directory}", () => HasArrived(store, current, last.End, position)));
    }

    /// <summary>
    /// A server sends, and its receiver confirms, also the first part of a record: the ledger ends before that record, also for many
    /// seconds where the server has its rest in memory only. Its page then is there, and something behind the last whole record.
    /// </summary>
    private static bool HasArrived(WalStore store, TimelineId timeline, Lsn frontier, Lsn position)
    {
        var start = new Lsn((position.Value - 1) / WalPageHeader.PageBytes * WalPageHeader.PageBytes);
        var page = new byte[WalPageHeader.PageBytes];
        if (!TryRead(store, WalSegment.Containing(timeline, start, store.SegmentSize), start, page))
            return false;
        var header = WalPageHeader.Read(page);
        if (header.Address != start || WalPageMagic.MajorOf(header.Magic) is null)
            return false;
        return frontier < start || page.AsSpan((int)(frontier - start)..(int)(position - start)).ContainsAnyExcept((byte)0);
    }

    private static bool TryRead(WalStore store, WalSegment segment, Lsn start, byte[] page)
    {
        // A segment is renamed when it is whole, so the second look cannot miss what the first one did.
        foreach (var path in new[] { store.PartialPath(segment), store.SegmentPath(segment) })
        {
            try
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                return RandomAccess.Read(file, page, (long)(start - segment.Start)) == page.Length;
            }
            catch (FileNotFoundException)
            {
                // The other name, or not at all.
            }
        }

        return false;
    }
}
