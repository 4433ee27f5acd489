using Howdah.Core.Wal;
using Microsoft.Win32.SafeHandles;

namespace Howdah.Postgres.Wal;

/// <summary>Where the whole records of an unfinished segment end.</summary>
/// <param name="End">The position after the last whole record; the segment's start where it holds none.</param>
/// <param name="LastRecord">Start of the last whole record; <see cref="Lsn.None"/> where there is none.</param>
/// <param name="StoppedBy">What ended the walk: normally zeroes or half a record. Null where the segment is full.</param>
public sealed record WalEnd(Lsn End, Lsn LastRecord, WalFinding? StoppedBy);

/// <summary>Finds the end of valid WAL in a <c>.partial</c> file, or in the segment that a server is writing.</summary>
public static class WalEndFinder
{
    // Large enough that system calls do not count, small beside the receiver's budget of 64 MiB.
    private const int BlockBytes = 256 * 1024;

    /// <summary>Walks the records of <paramref name="file"/> from its beginning to the first that is not whole.</summary>
    /// <param name="file">Any length; what is missing counts as zero.</param>
    /// <param name="segment">What the file is.</param>
    /// <param name="verifier">
    /// Fresh, or the one that has just read the segment before: then a record that crosses into this one is verified too.
    /// Its <see cref="WalChainVerifier.RecordRead"/> gets every record on the way.
    /// </param>
    public static WalEnd Find(SafeFileHandle file, WalSegment segment, WalChainVerifier verifier)
    {
        var known = verifier.FindingCount;
        var records = verifier.RecordCount;
        var block = new byte[BlockBytes];
        for (var offset = 0; offset < segment.Size.Bytes && verifier.FindingCount == known; offset += BlockBytes)
        {
            WalFileBytes.ReadExactly(file, offset, block);
            for (var at = 0; at < BlockBytes && verifier.FindingCount == known; at += WalPageHeader.PageBytes)
                verifier.Add(segment, offset + at, block.AsSpan(at, WalPageHeader.PageBytes));
        }

        var stoppedBy = verifier.Findings.Skip((int)known).FirstOrDefault();
        return verifier.RecordCount > records
            ? new WalEnd(verifier.End, verifier.LastRecord, stoppedBy)
            : new WalEnd(segment.Start, Lsn.None, stoppedBy);
    }
}
