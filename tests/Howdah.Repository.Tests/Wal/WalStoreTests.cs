using System.Diagnostics;
using System.Text;
using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Repository.Wal;

namespace Howdah.Repository.Tests.Wal;

public sealed class WalStoreTests : IDisposable
{
    private static readonly SystemIdentifier System1 = new(7123456789012345678);
    private static readonly WalSegmentSize Size = new(1 << 20);

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, Lsn> _frontiers = [];
    private readonly BackupRepository _repository;
    private readonly WalStore _store;

    public WalStoreTests()
    {
        _repository = BackupRepository.CreateOrOpen(_directory.File("repository"), new RepositoryOptions
        {
            PartialFrontier = (segment, _) => _frontiers.GetValueOrDefault(segment.Name, segment.Start),
        });
        _store = _repository.Wal(System1, Size);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_partial_of_exact_size_gets_its_final_name()
    {
        var segment = Segment(1, 5);
        Partial(segment, 7);
        await _store.CompleteSegmentAsync(segment, CancellationToken.None);
        await _store.CompleteSegmentAsync(segment, CancellationToken.None);
        Assert.True(File.Exists(_store.SegmentPath(segment)));
        Assert.False(File.Exists(_store.PartialPath(segment)));
    }

    [Fact]
    public async Task A_partial_of_another_size_is_never_completed()
    {
        var segment = Segment(1, 5);
        await using (var file = File.Create(_store.PartialPath(segment)))
            file.SetLength(Size.Bytes - 8192);
        var refused = await Assert.ThrowsAsync<OperationException>(() => _store.CompleteSegmentAsync(segment, CancellationToken.None));
        Assert.Equal(ErrorCodes.WalInvalid, refused.Code);
        Assert.False(File.Exists(_store.SegmentPath(segment)));
    }

    [Fact]
    public async Task A_complete_segment_is_never_replaced_by_different_bytes()
    {
        var segment = Segment(1, 5);
        Complete(segment, 1);
        Partial(segment, 2);
        await Assert.ThrowsAsync<OperationException>(() => _store.CompleteSegmentAsync(segment, CancellationToken.None));
        Assert.Equal(1, File.ReadAllBytes(_store.SegmentPath(segment))[0]);
        Assert.True(File.Exists(_store.PartialPath(segment)));

        Partial(segment, 1);
        await _store.CompleteSegmentAsync(segment, CancellationToken.None);
        Assert.False(File.Exists(_store.PartialPath(segment)));
    }

    [Fact]
    public async Task A_different_history_of_the_same_timeline_is_refused()
    {
        await History(2, "1\t0/500000\tno reason\n");
        await History(2, "1\t0/500000\tno reason\n");
        var refused = await Assert.ThrowsAsync<OperationException>(() => History(2, "1\t0/600000\tno reason\n"));
        Assert.Equal(ErrorCodes.WalInvalid, refused.Code);
        await Assert.ThrowsAsync<OperationException>(() => History(3, "garbage\n"));
        Assert.False(File.Exists(_store.HistoryPath(new TimelineId(3))));
    }

    [Fact]
    public async Task The_ledger_joins_segments_and_the_valid_part_of_the_unfinished_one()
    {
        Complete(Segment(1, 3), 1);
        Complete(Segment(1, 4), 1);
        Partial(Segment(1, 5), 1);
        _frontiers[Segment(1, 5).Name] = Segment(1, 5).Start + 1234;
        var timeline = Assert.Single((await _store.ReadLedgerAsync(CancellationToken.None)).Timelines);
        Assert.Equal([new LsnRange(Segment(1, 3).Start, Segment(1, 5).Start + 1234)], timeline.Ranges);
        Assert.Empty(timeline.Gaps);
        Assert.Equal(Segment(1, 5), timeline.Unfinished);
        Assert.NotNull(timeline.LastStored);
    }

    [Fact]
    public async Task Less_than_was_stored_once_is_a_gap_at_the_end()
    {
        Complete(Segment(1, 3), 1);
        Partial(Segment(1, 4), 1);
        var readable = Segment(1, 4).Start + 4000;
        var stored = readable + 1000;
        _store.StoreCompleteness(new WalCompleteness(TimelineId.First, stored, DateTimeOffset.UnixEpoch));
        _frontiers[Segment(1, 4).Name] = stored;
        Assert.Empty((await _store.ReadLedgerAsync(CancellationToken.None)).Gaps);

        // A flipped bit: the records can be read up to it.
        _frontiers[Segment(1, 4).Name] = readable;
        var gap = Assert.Single((await _store.ReadLedgerAsync(CancellationToken.None)).Gaps);
        Assert.Equal((new LsnRange(readable, stored), WalGapOrigin.Found), (gap.Range, gap.Origin));
        Assert.Contains("damaged", gap.Reason, StringComparison.Ordinal);

        File.Delete(_store.PartialPath(Segment(1, 4)));
        gap = Assert.Single((await _store.ReadLedgerAsync(CancellationToken.None)).Gaps);
        Assert.Equal(new LsnRange(Segment(1, 4).Start, stored), gap.Range);
    }

    [Fact]
    public async Task A_record_of_a_gap_under_the_name_of_another_is_refused()
    {
        var gap = new LsnRange(Segment(1, 4).Start, Segment(1, 6).Start);
        await _store.RecordGapAsync(TimelineId.First, gap, "slot lost", CancellationToken.None);
        var file = Assert.Single(Directory.GetFiles(_store.Directory, "*.gap"));
        File.Move(file, file.Replace("00000001-", "00000002-", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<OperationException>(() => _store.ReadLedgerAsync(CancellationToken.None));
        Assert.Equal(ErrorCodes.RepositoryInvalid, refused.Code);
        Assert.Contains(Path.GetFileName(file), refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_receiver_had_not_named_yet_is_removed()
    {
        Complete(Segment(1, 3), 1);
        var left = Path.Combine(_store.Directory, ".complete.json.0123456789AB.tmp");
        File.WriteAllText(left, "{");
        _store.RemoveLeftovers();
        Assert.False(File.Exists(left));
        Assert.True(File.Exists(_store.SegmentPath(Segment(1, 3))));
    }

    [Fact]
    public async Task A_hole_is_a_gap_and_a_recorded_one_keeps_its_reason()
    {
        Complete(Segment(1, 3), 1);
        Complete(Segment(1, 6), 1);
        var gap = new LsnRange(Segment(1, 4).Start, Segment(1, 6).Start);
        Assert.Equal(
            [new WalGap(TimelineId.First, gap, "no object holds it", WalGapOrigin.Found)],
            (await _store.ReadLedgerAsync(CancellationToken.None)).Gaps);
        await _store.RecordGapAsync(TimelineId.First, gap, "slot lost", CancellationToken.None);
        await _store.RecordGapAsync(TimelineId.First, gap, "slot lost again", CancellationToken.None);
        Assert.Equal(
            [new WalGap(TimelineId.First, gap, "slot lost", WalGapOrigin.Recorded)],
            (await _store.ReadLedgerAsync(CancellationToken.None)).Gaps);

        // What comes back after all, for example from a standby, closes it.
        Complete(Segment(1, 4), 1);
        Complete(Segment(1, 5), 1);
        Assert.Empty((await _store.ReadLedgerAsync(CancellationToken.None)).Gaps);
    }

    [Fact]
    public async Task A_segment_whose_file_was_cut_counts_as_missing_when_sizes_are_checked()
    {
        Complete(Segment(1, 3), 1);
        Complete(Segment(1, 4), 1);
        Complete(Segment(1, 5), 1);
        await using (var file = File.OpenWrite(_store.SegmentPath(Segment(1, 4))))
            file.SetLength(100);
        var gap = Assert.Single((await _store.ReadLedgerAsync(checkSizes: true, CancellationToken.None)).Gaps);
        Assert.Equal(Segment(1, 4).Range, gap.Range);
        Assert.Contains("size", gap.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_promotion_the_parents_tail_is_no_gap_where_the_child_repeats_it()
    {
        Complete(Segment(1, 3), 1);
        Partial(Segment(1, 4), 1);
        _frontiers[Segment(1, 4).Name] = Segment(1, 4).Start + 100;
        await History(2, "1\t0/400200\tno reason\n");
        Complete(Segment(2, 4), 1);
        var ledger = await _store.ReadLedgerAsync(CancellationToken.None);
        Assert.Empty(ledger.Gaps);
        Assert.Equal(new TimelineId(2), ledger.NewestTimeline);
        Assert.Equal([new LsnRange(Segment(1, 3).Start, Segment(2, 4).End)], ledger.Coverage(ledger.HistoryOf(new TimelineId(2))!));
    }

    [Fact]
    public async Task After_a_promotion_a_missing_tail_of_the_parent_is_a_gap()
    {
        Complete(Segment(1, 3), 1);
        await History(2, "1\t0/600200\tno reason\n");
        Complete(Segment(2, 6), 1);
        var gap = Assert.Single((await _store.ReadLedgerAsync(CancellationToken.None)).Gaps);
        Assert.Equal(TimelineId.First, gap.Timeline);
        Assert.Equal(new LsnRange(Segment(1, 4).Start, Segment(1, 6).Start), gap.Range);
    }

    [Fact]
    public async Task A_timeline_that_begins_late_has_a_gap_at_its_beginning()
    {
        Complete(Segment(1, 3), 1);
        await History(2, "1\t0/400000\tno reason\n");
        Complete(Segment(2, 6), 1);
        var gap = Assert.Single((await _store.ReadLedgerAsync(CancellationToken.None)).Gaps);
        Assert.Equal(new TimelineId(2), gap.Timeline);
        Assert.Equal(new LsnRange(Segment(2, 4).Start, Segment(2, 6).Start), gap.Range);
    }

    [Fact]
    public void Nothing_held_means_no_resume_point() => Assert.Null(_store.FindResumePoint());

    [Fact]
    public void Receiving_resumes_after_the_highest_segment_whatever_its_timeline()
    {
        Complete(Segment(1, 7), 1);
        Complete(Segment(2, 5), 1);
        Assert.Equal(new ResumePoint(new TimelineId(1), Segment(1, 8).Start, null), _store.FindResumePoint());
    }

    [Fact]
    public void Receiving_resumes_at_the_start_of_the_unfinished_segment_on_the_highest_timeline()
    {
        Complete(Segment(1, 4), 1);
        Partial(Segment(1, 5), 1);
        Partial(Segment(2, 5), 1);
        Assert.Equal(new ResumePoint(new TimelineId(2), Segment(2, 5).Start, Segment(2, 5)), _store.FindResumePoint());
    }

    [Fact]
    public async Task Receiving_resumes_behind_a_recorded_gap()
    {
        Partial(Segment(1, 5), 1);
        await _store.RecordGapAsync(
            TimelineId.First, new LsnRange(Segment(1, 5).Start + 8, Segment(1, 9).Start), "slot lost", CancellationToken.None);
        Assert.Equal(new ResumePoint(TimelineId.First, Segment(1, 9).Start, null), _store.FindResumePoint());
    }

    [Fact]
    public void Receiving_resumes_at_an_unfinished_segment_that_later_ones_have_overtaken()
    {
        Complete(Segment(1, 4), 1);
        Partial(Segment(1, 5), 1);
        Complete(Segment(1, 6), 1);
        Partial(Segment(1, 7), 1);
        Complete(Segment(1, 8), 1);
        Partial(Segment(1, 9), 1);
        Assert.Equal(new ResumePoint(TimelineId.First, Segment(1, 5).Start, Segment(1, 5)), _store.FindResumePoint());
    }

    [Fact]
    public async Task An_unfinished_segment_before_a_recorded_gap_is_not_gone_back_to()
    {
        Partial(Segment(1, 5), 1);
        await _store.RecordGapAsync(
            TimelineId.First, new LsnRange(Segment(1, 5).Start + 8, Segment(1, 6).Start), "slot lost", CancellationToken.None);
        Complete(Segment(1, 6), 1);
        Assert.Equal(new ResumePoint(TimelineId.First, Segment(1, 7).Start, null), _store.FindResumePoint());
    }

    [Fact]
    public void Timelines_in_names_are_hexadecimal()
    {
        Complete(Segment(9, 4), 1);
        Complete(Segment(0x1A, 4), 1);
        Assert.Equal(new TimelineId(26), _store.FindResumePoint()!.Value.Timeline);
    }

    [Fact]
    public void Another_segment_size_or_an_unknown_format_is_refused()
    {
        Assert.Equal(
            ErrorCodes.ForeignSystem, Assert.Throws<OperationException>(() => _repository.Wal(System1, WalSegmentSize.Default)).Code);
        var file = Path.Combine(_repository.Directory, "repository.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"format\": 1", "\"format\": 2", StringComparison.Ordinal));
        var refused = Assert.Throws<OperationException>(() => BackupRepository.Open(_repository.Directory, new RepositoryOptions()));
        Assert.Equal(ErrorCodes.RepositoryInvalid, refused.Code);
        Assert.Contains("format version 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_with_something_else_in_it_does_not_become_a_repository()
    {
        Directory.CreateDirectory(_directory.File("photos"));
        File.WriteAllText(_directory.File("photos/cat.jpg"), "");
        Assert.Equal(
            ErrorCodes.RepositoryInvalid,
            Assert.Throws<OperationException>(
                () => BackupRepository.CreateOrOpen(_directory.File("photos"), new RepositoryOptions())).Code);
        Assert.Equal(
            ErrorCodes.RepositoryUnavailable,
            Assert.Throws<OperationException>(() => BackupRepository.Open(_directory.File("nothing"), new RepositoryOptions())).Code);
    }

    [Fact]
    public void Whatever_the_repository_file_holds_the_answer_is_an_operating_error() => Gen.Byte.Array[0, 200].Sample(
        content =>
        {
            File.WriteAllBytes(Path.Combine(_repository.Directory, "repository.json"), content);
            Assert.Throws<OperationException>(() => BackupRepository.Open(_repository.Directory, new RepositoryOptions()));
        },
        iter: 500,
        threads: 1);

    [Fact]
    public Task Any_set_of_segments_makes_ranges_and_gaps_that_fill_the_span_between_first_and_last() =>
        Gen.Int[0, 60].HashSet[1, 40].SampleAsync(
        async numbers =>
        {
            using var directory = new TemporaryDirectory();
            var store = BackupRepository.CreateOrOpen(directory.File("r"), new RepositoryOptions()).Wal(System1, Size);
            foreach (var number in numbers)
                File.Create(store.SegmentPath(Segment(1, (ulong)number + 1))).Dispose();
            var timeline = (await store.ReadLedgerAsync(CancellationToken.None)).Timelines[0];
            Assert.Equal((ulong)numbers.Count * (ulong)Size.Bytes, timeline.Ranges.Aggregate(0UL, (sum, range) => sum + range.Length));
            var span = LsnRanges.Normalize(timeline.Ranges.Concat(timeline.Gaps.Select(gap => gap.Range)));
            Assert.Equal([new LsnRange(timeline.Ranges[0].Start, timeline.Frontier)], span);
        },
        iter: 60,
        threads: 1);

    [Fact]
    public async Task Twenty_thousand_segments_are_one_range_read_at_once_and_without_an_object_for_each()
    {
        for (ulong number = 1; number <= 20_000; number++)
            File.Create(_store.SegmentPath(Segment(1, number))).Dispose();
        var watch = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var ledger = await _store.ReadLedgerAsync(CancellationToken.None);
        // A list that has grown to its 24 bytes for each. A host looks every second.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000 * 100);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 2000);
        Assert.Single(Assert.Single(ledger.Timelines).Ranges);
    }

    private static WalSegment Segment(uint timeline, ulong number) => new(new TimelineId(timeline), number, Size);

    private void Complete(WalSegment segment, byte fill) => File.WriteAllBytes(_store.SegmentPath(segment), Content(fill));

    private void Partial(WalSegment segment, byte fill) => File.WriteAllBytes(_store.PartialPath(segment), Content(fill));

    private static byte[] Content(byte fill)
    {
        var content = new byte[Size.Bytes];
        Array.Fill(content, fill);
        return content;
    }

    private Task History(uint timeline, string text) =>
        _store.StoreHistoryAsync(new TimelineId(timeline), Encoding.ASCII.GetBytes(text), CancellationToken.None);
}
