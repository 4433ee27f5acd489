using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Postgres.Wal;

/// <summary>
/// The deep check: walks the records of consecutive pages, verifies each CRC and that each record names its predecessor, and
/// carries what is unfinished from page to page and from segment to segment.
/// </summary>
/// <remarks>
/// Rules of PostgreSQL 11-18, src/backend/access/transam/xlogreader.c. After something wrong it goes on at the next page that
/// tells where a record starts, so one bad byte is one finding. Memory: below 2 KiB, whatever the size of a record.
/// Not thread-safe.
/// </remarks>
public sealed class WalChainVerifier(WalExpectations expected)
{
    private enum State
    {
        /// <summary>Where the next record starts is not known: a page header will tell.</summary>
        Searching,

        /// <summary>The next byte begins a record.</summary>
        AtBoundary,

        /// <summary>A record has begun and goes on.</summary>
        InRecord,

        /// <summary>A switch record was read: the rest of the segment is zero.</summary>
        AfterSwitch,
    }

    private readonly List<WalFinding> _findings = [];
    private readonly PendingRecord _record = new();
    private State _state = State.Searching;
    private WalSegment _segment;
    private WalPageCheck? _pageCheck;
    private Lsn _nextPage;
    private Lsn? _previous;
    private bool _inZeroes;

    /// <summary>Called for each verified record.</summary>
    public WalRecordHandler? RecordRead { get; set; }

    /// <summary>What was found wrong since this object was made, oldest first; at most <see
    /// cref="WalSegmentCheck.FindingLimit"/>.</summary>
    public IReadOnlyList<WalFinding> Findings => _findings;

    /// <summary>Number of things found wrong, those beyond the list's limit included.</summary>
    public long FindingCount { get; private set; }

    /// <summary>Number of records verified.</summary>
    public long RecordCount { get; private set; }

    /// <summary>End of the last verified record, rounded up to 8; <see cref="Lsn.None"/> before the first.</summary>
    public Lsn End { get; private set; }

    /// <summary>Start of the last verified record; <see cref="Lsn.None"/> before the first.</summary>
    public Lsn LastRecord { get; private set; }

    /// <summary>Checks the next pages: whole ones, of one segment, following on what was given before.</summary>
    /// <param name="segment">The file that the pages are from.</param>
    /// <param name="offset">Byte in the file of the first page.</param>
    /// <param name="pages">A multiple of 8192 bytes.</param>
    public void Add(WalSegment segment, int offset, ReadOnlySpan<byte> pages)
    {
        Invariant.Check(pages.Length % WalPageHeader.PageBytes == 0 && offset % WalPageHeader.PageBytes == 0);
        for (; !pages.IsEmpty; pages = pages[WalPageHeader.PageBytes..], offset += WalPageHeader.PageBytes)
            AddPage(segment, offset, pages[..WalPageHeader.PageBytes]);
    }

    private void AddPage(WalSegment segment, int offset, ReadOnlySpan<byte> page)
    {
        Enter(segment, offset);
        _nextPage = segment.Start + (ulong)(offset + WalPageHeader.PageBytes);
        if (!page.ContainsAnyExcept((byte)0))
        {
            AddZeroPage(offset);
            return;
        }

        _inZeroes = false;
        if (_state == State.AfterSwitch)
        {
            Report(WalFindingKind.DataAfterSwitch, offset, $"the segment goes on after the switch record at {LastRecord}");
            return;
        }

        if (_pageCheck!.Check(offset, page) is { } finding)
        {
            Report(finding);
            return;
        }

        var header = WalPageHeader.Read(page);
        if (FindFirstRecord(offset, header, page) is { } start)
            ReadRecords(offset, start, page);
    }

    private void Enter(WalSegment segment, int offset)
    {
        var position = segment.Start + (ulong)offset;
        if (_pageCheck is not null && position != _nextPage)
        {
            _segment = segment;
            Report(WalFindingKind.NotContiguous, offset, $"WAL begins at {position}, what was read before ends at {_nextPage}");
        }

        if (_pageCheck is not null && segment == _segment && offset != 0)
            return;
        if (_state == State.AfterSwitch)
            _state = State.AtBoundary;
        _segment = segment;
        _inZeroes = false;
        _pageCheck = new WalPageCheck(segment, expected);
    }

    private void AddZeroPage(int offset)
    {
        if (_state == State.AfterSwitch || _inZeroes)
            return;
        _inZeroes = true;
        Report(WalFindingKind.UnexpectedZeroes, offset, "a page of zeroes without a switch record before");
    }

    /// <summary>Deals with the rest of a record at the beginning of a page; answers where the first record starts in it, null where none
    /// does.</summary>
    private int? FindFirstRecord(int offset, WalPageHeader header, ReadOnlySpan<byte> page)
    {
        var continues = (header.Flags & WalPageFlags.FirstIsContinuation) != WalPageFlags.None;
        if (_state == State.InRecord)
        {
            if ((header.Flags & WalPageFlags.FirstIsOverwriteContinuation) != WalPageFlags.None)
            {
                // The server crashed within the record and gave it up. What follows names the record before it.
                _state = State.AtBoundary;
                return header.HeaderBytes;
            }

            if (continues && header.RemainingBytes == _record.RemainingBytes)
                return header.HeaderBytes;
            var continued = continues ? header.RemainingBytes : 0;
            Report(
                WalFindingKind.BrokenContinuation,
                offset,
                $"page continues {continued} bytes, the record at {_record.Start} needs {_record.RemainingBytes}");
        }
        else if (_state == State.AtBoundary && continues)
        {
            Report(WalFindingKind.BrokenContinuation, offset,
                $"page continues {header.RemainingBytes} bytes of a record, none is unfinished");
        }

        return _state == State.AtBoundary ? header.HeaderBytes : SkipContinuation(header, continues, page.Length);
    }

    private int? SkipContinuation(WalPageHeader header, bool continues, int pageBytes)
    {
        var start = header.HeaderBytes + (continues ? Align(header.RemainingBytes) : 0);
        if (start > pageBytes)
            return null;
        _state = State.AtBoundary;
        return (int)start;
    }

    private void ReadRecords(int offset, int position, ReadOnlySpan<byte> page)
    {
        while (position < page.Length)
        {
            if (_state == State.AtBoundary && !Begin(offset + position, page[position..]))
                return;
            var taken = _record.Take(page[position..]);
            position += taken;
            if (_record.HeaderJustRead && !CheckHeader())
                return;
            if (_record.RemainingBytes > 0)
                return;
            position = (int)Align((uint)position);
            if (!Complete(offset + position))
                return;
            if (_state == State.AfterSwitch)
            {
                if (page[position..].ContainsAnyExcept((byte)0))
                    Report(WalFindingKind.DataAfterSwitch, offset + position, $"the page goes on after the switch record at {LastRecord}",
                        keepState: true);
                return;
            }
        }
    }

    private bool Begin(int fileOffset, ReadOnlySpan<byte> rest)
    {
        var total = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(rest);
        if (total is < WalRecordHeader.Bytes or > WalRecordHeader.LargestTotal)
        {
            Report(WalFindingKind.BadRecord, fileOffset,
                $"a record of {total} bytes begins here, possible are {WalRecordHeader.Bytes} to {WalRecordHeader.LargestTotal}");
            return false;
        }

        _record.Begin(_segment, fileOffset, total);
        _state = State.InRecord;
        return true;
    }

    private bool CheckHeader()
    {
        var header = _record.Header;
        if (_previous is { } previous ? header.Previous == previous : header.Previous < _record.Start)
            return true;
        Report(WalFindingKind.BrokenChain,
            $"record names {header.Previous} as the one before, that was {_previous?.ToString() ?? "earlier"}");
        return false;
    }

    private bool Complete(int endOffset)
    {
        var header = _record.Header;
        if (_record.ComputedCrc != header.Crc)
        {
            Report(WalFindingKind.BadRecordChecksum,
                $"record of {header.TotalBytes} bytes carries CRC {header.Crc:X8}, its content gives {_record.ComputedCrc:X8}");
            return false;
        }

        RecordCount++;
        _previous = LastRecord = _record.Start;
        End = header.IsSwitch ? _segment.End : _segment.Start + (ulong)endOffset;
        _state = header.IsSwitch ? State.AfterSwitch : State.AtBoundary;
        RecordRead?.Invoke(new WalRecord(_record.Start, End, header, _record.BodyPrefix));
        return true;
    }

    private void Report(WalFindingKind kind, string detail) => Report(new WalFinding(kind, _record.Segment, _record.Offset, detail));

    private void Report(WalFindingKind kind, int offset, string detail, bool keepState = false) =>
        Report(new WalFinding(kind, _segment, offset, detail), keepState);

    private void Report(WalFinding finding, bool keepState = false)
    {
        FindingCount++;
        if (_findings.Count < WalSegmentCheck.FindingLimit)
            _findings.Add(finding);
        if (keepState)
            return;
        _state = State.Searching;
        _previous = null;
    }

    private static long Align(uint position) => ((long)position + 7) & ~7L;
}
