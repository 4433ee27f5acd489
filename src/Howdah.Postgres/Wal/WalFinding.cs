using System.Globalization;
using Howdah.Core.Wal;

namespace Howdah.Postgres.Wal;

/// <summary>What can be wrong with WAL.</summary>
public enum WalFindingKind
{
    /// <summary>The file has not the size of a segment.</summary>
    WrongSize,

    /// <summary>A page does not begin with the number of a known version, or the version changes within a segment.</summary>
    WrongMagic,

    /// <summary>Reserved flags are set, or a long header is missing or out of place.</summary>
    WrongFlags,

    /// <summary>The page says that it belongs to another position.</summary>
    WrongAddress,

    /// <summary>The page's timeline is not one that may write here.</summary>
    WrongTimeline,

    /// <summary>The segment was written by another database system.</summary>
    ForeignSystem,

    /// <summary>The segment size or the page size in the long header is not the expected one.</summary>
    WrongGeometry,

    /// <summary>A page is all zero without a switch record before it.</summary>
    UnexpectedZeroes,

    /// <summary>Something other than zeroes follows a switch record in its segment.</summary>
    DataAfterSwitch,

    /// <summary>A record's length or resource manager is impossible.</summary>
    BadRecord,

    /// <summary>A record does not match its CRC.</summary>
    BadRecordChecksum,

    /// <summary>A record does not name its predecessor.</summary>
    BrokenChain,

    /// <summary>A page does not go on with the record that the page before began.</summary>
    BrokenContinuation,

    /// <summary>The WAL that was given does not follow on what was given before.</summary>
    NotContiguous,
}

/// <summary>One thing that is wrong with WAL: a value, never thrown.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Segment">The file.</param>
/// <param name="Offset">Byte in the file: the page's for what is wrong with a page, the record's first byte for what is wrong with a
/// record.</param>
/// <param name="Detail">What was seen and what was expected.</param>
public sealed record WalFinding(WalFindingKind Kind, WalSegment Segment, int Offset, string Detail)
{
    /// <summary>The same place as a position in the WAL.</summary>
    public Lsn Position => Segment.Start + (ulong)Offset;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Segment.Name} offset {Offset} ({Position}): {Detail}");
}
