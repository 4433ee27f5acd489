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
    // More timelines than this between a segment and its predecessor's mean more promotions than segments.
    private const uint MostTimelinesBack = 8;

    /// <summary>How a repository is opened so that the unfinished segment counts up to its last whole record, not as empty.</summary>
    public static RepositoryOptions Options(TimeProvider time) => new() { Time = time, PartialFrontier = Read };

    /// <summary>
    /// The byte after the last whole record. The segment before is walked too, where it is beside this one: its last record may
    /// cross into this one, and then be the only one in it.
    /// </summary>
    public static Lsn Read(WalSegment segment, string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var verifier = new WalChainVerifier(WalExpectations.None);
        ReadPredecessor(segment, Path.GetDirectoryName(path)!, verifier);
        return WalEndFinder.Find(file, segment, verifier).End;
    }

    private static void ReadPredecessor(WalSegment segment, string directory, WalChainVerifier verifier)
    {
        if (segment.Number == 0)
            return;
        for (uint back = 0; back < Math.Min(MostTimelinesBack, segment.Timeline.Value); back++)
        {
            var before = new WalSegment(new TimelineId(segment.Timeline.Value - back), segment.Number - 1, segment.Size);
            var path = Path.Combine(directory, before.Name);
            if (!Presence.OfFile(path))
                continue;
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            WalEndFinder.Find(file, before, verifier);
            return;
        }
    }
}
