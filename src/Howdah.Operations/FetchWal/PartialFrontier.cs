using Howdah.Core.Wal;
using Howdah.Postgres.Wal;
using Howdah.Repository;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Operations.FetchWal;

/// <summary>Finds where the WAL in an unfinished segment ends, by walking its records: the repository's
/// <see cref="PartialFrontierReader"/>.</summary>
public static class PartialFrontier
{
    /// <summary>How a repository is opened so that the unfinished segment counts up to its last whole record, not as empty.</summary>
    public static RepositoryOptions Options(TimeProvider time) => new() { Time = time, PartialFrontier = Read };

    /// <summary>
    /// The byte after the last whole record; of a segment that is full, and only waits to be finished, its end. The segment before is
    /// walked too, where it is there: its last record may cross into this one, and then be the only one in it.
    /// </summary>
    public static Lsn Read(WalSegment segment, string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var verifier = new WalChainVerifier(WalExpectations.None);
        ReadPredecessor(segment, Path.GetDirectoryName(path)!, verifier);
        var end = WalEndFinder.Find(file, segment, verifier);
        return end.StoppedBy is null ? segment.End : end.End;
    }

    private static void ReadPredecessor(WalSegment segment, string directory, WalChainVerifier verifier)
    {
        if (segment.Number == 0 || FindOwner(segment, directory) is not { } timeline)
            return;
        var before = new WalSegment(timeline, segment.Number - 1, segment.Size);
        var path = Path.Combine(directory, before.Name);
        // Segments are finished side by side.
        if (!Presence.OfFile(path))
            path += WalFileName.PartialSuffix;
        if (!Presence.OfFile(path))
            return;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            WalEndFinder.Find(file, before, verifier);
        }
        catch (FileNotFoundException)
        {
            // Finished since, under another name: the record that crosses is not looked at now.
        }
    }

    /// <summary>The timeline that the byte before the segment is of, by the history; null where that is not known. Timelines are not
    /// counted down: two may have left the same one.</summary>
    private static TimelineId? FindOwner(WalSegment segment, string directory)
    {
        if (segment.Timeline == TimelineId.First)
            return segment.Timeline;
        var history = Path.Combine(directory, segment.Timeline.HistoryFileName);
        if (!Presence.OfFile(history))
            return null;
        try
        {
            return TimelineHistory.Parse(segment.Timeline, File.ReadAllText(history)).TimelineAt(new Lsn(segment.Start.Value - 1));
        }
        catch (FormatException)
        {
            // Whoever reads the histories themselves tells.
            return null;
        }
    }
}
