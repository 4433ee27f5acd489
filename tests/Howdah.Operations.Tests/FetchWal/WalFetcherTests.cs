using System.Buffers.Binary;
using System.Text;
using Howdah.Core.Wal;
using Howdah.Operations.FetchWal;
using Howdah.Repository;
using Howdah.Repository.Wal;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Operations.Tests.FetchWal;

public sealed class WalFetcherTests : IDisposable
{
    private static readonly SystemIdentifier Own = new(7123456789012345678);
    private static readonly WalSegmentSize Size = new(1 << 20);

    private readonly TemporaryDirectory _directory = new();
    private readonly WalStore _store;
    private readonly string _target;

    public WalFetcherTests()
    {
        _store = BackupRepository.CreateOrOpen(_directory.File("r"), new RepositoryOptions()).Wal(Own, Size);
        _target = _directory.File("RECOVERYXLOG");
    }

    private FetchWalOptions Options => new(_directory.File("r"), Own) { RetryFor = TimeSpan.Zero };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_complete_segment_is_copied_and_nothing_else_is_left()
    {
        Complete(Segment(1, 5), 7);
        await Expect(FetchWalResult.Fetched, Segment(1, 5).Name);
        Assert.Equal(File.ReadAllBytes(_store.SegmentPath(Segment(1, 5))), File.ReadAllBytes(_target));
        Assert.Equal(2, Directory.GetFileSystemEntries(_directory.Path).Length);
    }

    [Fact]
    public async Task The_unfinished_segment_is_served_under_its_plain_name_at_full_size()
    {
        Complete(Segment(1, 5), 7);
        File.WriteAllBytes(_store.PartialPath(Segment(1, 6)), Content(Segment(1, 6), Own, 9)[..30_000]);
        await Expect(FetchWalResult.Fetched, Segment(1, 6).Name);
        var served = File.ReadAllBytes(_target);
        Assert.Equal(Size.Bytes, served.Length);
        Assert.Equal(9, served[29_999]);
        Assert.False(served.AsSpan(30_000).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task A_complete_segment_comes_before_a_leftover_partial()
    {
        Complete(Segment(1, 5), 7);
        File.WriteAllBytes(_store.PartialPath(Segment(1, 5)), Content(Segment(1, 5), Own, 9));
        await Expect(FetchWalResult.Fetched, Segment(1, 5).Name);
        Assert.Equal(7, File.ReadAllBytes(_target)[^1]);
    }

    [Fact]
    public async Task An_empty_partial_is_the_end_of_the_wal()
    {
        Complete(Segment(1, 5), 7);
        File.WriteAllBytes(_store.PartialPath(Segment(1, 6)), new byte[Size.Bytes]);
        await Expect(FetchWalResult.Absent, Segment(1, 6).Name);
    }

    [Fact]
    public async Task What_comes_after_the_newest_is_absent_and_so_is_a_timeline_that_nobody_began()
    {
        Complete(Segment(1, 5), 7);
        await Expect(FetchWalResult.Absent, Segment(1, 6).Name);
        await Expect(FetchWalResult.Absent, Segment(2, 6).Name);
        await Expect(FetchWalResult.Absent, "00000002.history");
        await Expect(FetchWalResult.Absent, Segment(1, 5).Name + ".00000028.backup");
        Assert.False(File.Exists(_target));
    }

    [Fact]
    public async Task A_gap_stops_recovery_unless_the_plan_accepted_it_or_the_server_is_a_standby()
    {
        Complete(Segment(1, 5), 7);
        Complete(Segment(1, 8), 7);
        Assert.Contains("gap", await Expect(FetchWalResult.Failed, Segment(1, 6).Name), StringComparison.Ordinal);
        await Expect(FetchWalResult.Failed, Segment(1, 4).Name);
        await Expect(FetchWalResult.Absent, Segment(1, 6).Name, Options with { EndsAt = Segment(1, 6).Start });
        await Expect(FetchWalResult.Absent, Segment(1, 6).Name, Options with { AsStandby = true });
        await Expect(FetchWalResult.Absent, Segment(1, 9).Name);
    }

    [Fact]
    public async Task Nothing_is_served_from_where_the_plan_ends()
    {
        Complete(Segment(1, 5), 7);
        Complete(Segment(1, 6), 7);
        var within = Options with { EndsAt = Segment(1, 5).Start + 8192 };
        await Expect(FetchWalResult.Fetched, Segment(1, 5).Name, within);
        var served = File.ReadAllBytes(_target);
        Assert.Equal(Segment(1, 5).Size.Bytes, served.Length);
        Assert.False(served.AsSpan(8192).ContainsAnyExcept((byte)0));
        File.Delete(_target);
        await Expect(FetchWalResult.Absent, Segment(1, 6).Name, within);
        await Expect(FetchWalResult.Absent, Segment(1, 6).Name, Options with { EndsAt = Segment(1, 6).Start });

        // A segment that the plan had counted on, and that is gone, is no end.
        await Expect(FetchWalResult.Failed, Segment(1, 4).Name, within);
    }

    [Fact]
    public async Task A_recorded_gap_at_the_end_is_no_end_of_the_wal()
    {
        Complete(Segment(1, 5), 7);
        await _store.RecordGapAsync(
            TimelineId.First, new LsnRange(Segment(1, 6).Start, Segment(1, 9).Start), "slot lost", CancellationToken.None);
        Assert.Contains("slot lost", await Expect(FetchWalResult.Failed, Segment(1, 6).Name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_fork_each_name_gets_its_own_timelines_file()
    {
        await Fork();
        await Expect(FetchWalResult.Fetched, Segment(2, 6).Name);
        Assert.Equal(2, File.ReadAllBytes(_target)[^1]);
        await Expect(FetchWalResult.Fetched, Segment(1, 6).Name);
        Assert.Equal(1, File.ReadAllBytes(_target)[^1]);
        await Expect(FetchWalResult.Fetched, "00000002.history");
        Assert.Equal("1\t0/680000\tno reason\n", File.ReadAllText(_target));
    }

    [Fact]
    public async Task Wal_that_the_old_timeline_wrote_after_the_fork_is_cut_off_for_who_follows_the_new_one()
    {
        await Fork();
        var following = Options with { Timeline = new TimelineId(2) };
        await Expect(FetchWalResult.Fetched, Segment(1, 6).Name, following);
        var served = File.ReadAllBytes(_target);
        Assert.Equal((Size.Bytes, 1, 0), (served.Length, served[0x7FFFF], served[0x80000]));
        await Expect(FetchWalResult.Absent, Segment(1, 7).Name, following);
        await Expect(FetchWalResult.Fetched, Segment(1, 7).Name, Options with { Timeline = TimelineId.First });
    }

    [Fact]
    public async Task A_missing_history_or_a_missing_ancestor_is_not_taken_for_the_end()
    {
        Complete(Segment(2, 6), 2);
        await Expect(FetchWalResult.Failed, "00000002.history");
        await History(2, "1\t0/680000\tno reason\n");
        await Expect(FetchWalResult.Failed, Segment(1, 5).Name);
        await Expect(FetchWalResult.Absent, Segment(1, 6).Name);
    }

    [Fact]
    public async Task A_foreign_segment_or_repository_is_refused()
    {
        File.WriteAllBytes(_store.SegmentPath(Segment(1, 5)), Content(Segment(1, 5), new SystemIdentifier(1), 7));
        await Expect(FetchWalResult.Failed, Segment(1, 5).Name);
        await Expect(
            FetchWalResult.Failed,
            Segment(1, 6).Name,
            new FetchWalOptions(_directory.File("r"), new SystemIdentifier(1)) { RetryFor = TimeSpan.Zero });
    }

    [Fact]
    public async Task A_damaged_segment_is_never_served()
    {
        Complete(Segment(1, 5), 7);
        File.WriteAllBytes(_store.SegmentPath(Segment(1, 6)), Content(Segment(1, 5), Own, 7));
        File.WriteAllBytes(_store.SegmentPath(Segment(1, 7)), Content(Segment(1, 7), Own, 7)[..500_000]);
        File.WriteAllBytes(_store.SegmentPath(Segment(1, 8)), []);
        foreach (var number in new ulong[] { 6, 7, 8 })
            await Expect(FetchWalResult.Failed, Segment(1, number).Name);
        Assert.False(File.Exists(_target));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("00000001")]
    [InlineData("00000001000000000000000g")]
    public async Task Bad_usage_never_looks_like_absence(string name) => await Expect(FetchWalResult.Failed, name);

    [Fact]
    public async Task A_repository_that_cannot_be_read_never_looks_like_absence()
    {
        Complete(Segment(1, 5), 7);
        await Expect(
            FetchWalResult.Failed, Segment(1, 6).Name, new FetchWalOptions(_directory.File("nothing"), Own) { RetryFor = TimeSpan.Zero });

        var file = Path.Combine(_directory.File("r"), "repository.json");
        File.Move(file, file + ".away");
        await Expect(FetchWalResult.Failed, Segment(1, 6).Name);
        File.Move(file + ".away", file);

        // A directory where a file belongs: the same kind of error for root and for everyone else.
        Directory.CreateDirectory(_store.SegmentPath(Segment(1, 6)));
        await Expect(FetchWalResult.Failed, Segment(1, 6).Name);
        Directory.Move(_store.Directory, _store.Directory + ".away");
        await Expect(FetchWalResult.Failed, Segment(1, 6).Name);
        File.WriteAllText(_store.Directory, "");
        await Expect(FetchWalResult.Failed, Segment(1, 6).Name);
        File.Delete(_store.Directory);
        Directory.Move(_store.Directory + ".away", _store.Directory);
    }

    [Fact]
    public async Task A_target_that_cannot_be_written_is_a_failure()
    {
        Complete(Segment(1, 5), 7);
        var result = await new WalFetcher(Options, TimeProvider.System).FetchAsync(
            Segment(1, 5).Name, _directory.File("no/such/place"), CancellationToken.None);
        Assert.Equal(FetchWalResult.Failed, result.ExitCode);
    }

    [Fact]
    public async Task Storage_that_heals_before_the_deadline_is_served_and_one_that_does_not_fails()
    {
        Complete(Segment(1, 5), 7);
        Directory.Move(_directory.File("r"), _directory.File("unmounted"));
        var time = new FakeTimeProvider();
        var fetching = new WalFetcher(
            Options with { RetryFor = TimeSpan.FromSeconds(60) }, time).FetchAsync(Segment(1, 5).Name, _target, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(fetching.IsCompleted);
        Directory.Move(_directory.File("unmounted"), _directory.File("r"));
        Assert.Equal(FetchWalResult.Fetched, (await Drive(fetching, time)).ExitCode);

        Directory.Move(_directory.File("r"), _directory.File("unmounted"));
        fetching = new WalFetcher(
            Options with { RetryFor = TimeSpan.FromSeconds(60) }, time).FetchAsync(Segment(1, 6).Name, _target, CancellationToken.None);
        var started = time.GetTimestamp();
        Assert.Equal(FetchWalResult.Failed, (await Drive(fetching, time)).ExitCode);
        Assert.InRange(time.GetElapsedTime(started), TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(90));
    }

    private static async Task<FetchWalResult> Drive(Task<FetchWalResult> fetching, FakeTimeProvider time)
    {
        while (!fetching.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }

        return await fetching;
    }

    private static WalSegment Segment(uint timeline, ulong number) => new(new TimelineId(timeline), number, Size);

    /// <summary>A segment that begins with the header that PostgreSQL 15 writes; the rest is one byte repeated.</summary>
    private static byte[] Content(WalSegment segment, SystemIdentifier system, byte fill)
    {
        var content = new byte[segment.Size.Bytes];
        Array.Fill(content, fill);
        var header = content.AsSpan(0, 40);
        header.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(header, 0xD110);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], segment.Timeline.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], segment.Start.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], system.Value);
        BinaryPrimitives.WriteInt32LittleEndian(header[32..], segment.Size.Bytes);
        BinaryPrimitives.WriteInt32LittleEndian(header[36..], 8192);
        return content;
    }

    /// <summary>Timeline 1 has segments 5, 6 and 7; timeline 2 left it in the middle of 6 and has 6 and 7.</summary>
    private async Task Fork()
    {
        foreach (var number in new ulong[] { 5, 6, 7 })
            Complete(Segment(1, number), 1);
        await History(2, "1\t0/680000\tno reason\n");
        Complete(Segment(2, 6), 2);
        Complete(Segment(2, 7), 2);
    }

    private void Complete(WalSegment segment, byte fill) => File.WriteAllBytes(_store.SegmentPath(segment), Content(segment, Own, fill));

    private Task History(uint timeline, string text) =>
        _store.StoreHistoryAsync(new TimelineId(timeline), Encoding.ASCII.GetBytes(text), CancellationToken.None);

    private async Task<string> Expect(int exitCode, string name, FetchWalOptions? options = null)
    {
        File.Delete(_target);
        var result = await new WalFetcher(options ?? Options, TimeProvider.System).FetchAsync(name, _target, CancellationToken.None);
        Assert.True(exitCode == result.ExitCode, $"{name}: {result}");
        return result.Message ?? "";
    }
}
