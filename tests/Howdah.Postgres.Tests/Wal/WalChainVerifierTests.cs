using CsCheck;
using Howdah.Core.Wal;
using Howdah.Postgres.Wal;

namespace Howdah.Postgres.Tests.Wal;

public sealed class WalChainVerifierTests
{
    private static readonly WalExpectations Expected = new() { System = WalBuilder.System, Major = 15 };

    private static readonly Gen<int[]> RecordSizes = Gen.OneOf(Gen.Int[0, 300], Gen.Int[8000, 8300], Gen.Int[20_000, 60_000]).Array[1, 120];

    [Fact]
    public void Every_record_of_any_size_is_found_where_it_was_written() => RecordSizes.Sample(sizes =>
    {
        var wal = Build(sizes);
        var found = new List<Lsn>();
        var verifier = new WalChainVerifier(Expected) { RecordRead = (in WalRecord record) => found.Add(record.Start) };
        AddSegments(verifier, wal, wal.ToSegments());
        Assert.Empty(verifier.Findings);
        Assert.Equal(wal.Records, found);
    }, iter: 50);

    [Fact]
    public void One_damaged_bit_is_one_finding_at_the_page_or_record_that_holds_it() =>
        Gen.Select(RecordSizes, Gen.Double[0, 1], Gen.Int[0, 7]).Sample((sizes, place, bit) =>
        {
            var wal = Build(sizes);
            var bytes = wal.ToSegments();
            var used = (int)(wal.Records[^1] - wal.First.Start);
            var at = (int)(place * (used - 1));
            bytes[at] ^= (byte)(1 << bit);
            var verifier = new WalChainVerifier(Expected);
            AddSegments(verifier, wal, bytes);
            var position = wal.First.Start + (ulong)at;
            var inPage = at % WalPageHeader.PageBytes;
            var isPadding = IsPadding(wal, sizes, at);
            if (verifier.Findings.Count == 0)
            {
                // Padding between records, unused bits of the page header and known flags that this place allows.
                Assert.True(isPadding || inPage < WalPageHeader.LongHeaderBytes, $"byte {at} of {used}");
                return;
            }

            var first = verifier.Findings[0];
            Assert.True(first.Position <= position, $"finding at {first.Position}, damage at {position}");
        }, iter: 100);

    [Fact]
    public void Truncated_wal_ends_at_its_last_whole_record() => Gen.Select(RecordSizes, Gen.Double[0, 1]).Sample((sizes, place) =>
    {
        var wal = Build(sizes, switchAtEnd: false);
        var bytes = wal.ToSegments();
        var cut = (int)(place * (wal.Position - wal.First.Start));
        bytes.AsSpan(cut).Clear();
        var verifier = new WalChainVerifier(Expected);
        AddSegments(verifier, wal, bytes);
        var whole = wal.Records.Zip(wal.Records.Skip(1).Append(wal.Position)).Where(r => r.Second <= wal.First.Start + (ulong)cut).ToList();
        if (whole.Count > 0)
            Assert.True(verifier.LastRecord >= whole[^1].First);
    }, iter: 50);

    [Fact]
    public void Random_bytes_give_findings_and_no_exception() => Gen.Byte.Array[WalPageHeader.PageBytes * 4].Sample(bytes =>
    {
        var verifier = new WalChainVerifier(Expected);
        verifier.Add(new WalSegment(TimelineId.First, 3, WalBuilder.Size), 0, bytes);
        Assert.Equal(4, verifier.Findings.Count);
    }, iter: 30);

    [Fact]
    public void Random_bytes_behind_good_headers_give_findings_and_no_exception() => Gen.Int.Sample(seed =>
    {
        var wal = Build([50_000, 50_000, 50_000]);
        var bytes = wal.ToSegments();
        var random = new Random(seed);
        for (var page = 0; page < 10; page++)
            random.NextBytes(bytes.AsSpan((page * WalPageHeader.PageBytes) + 40, WalPageHeader.PageBytes - 40));
        var verifier = new WalChainVerifier(Expected);
        AddSegments(verifier, wal, bytes);
        Assert.NotEmpty(verifier.Findings);
    }, iter: 50);

    [Fact]
    public void A_record_that_was_given_up_is_no_finding_where_the_next_page_says_so()
    {
        var wal = new WalBuilder();
        wal.Add(10, 0, new byte[100]);
        wal.Add(10, 0, new byte[40_000], giveUpAfter: 2);
        wal.OverwriteContinuation();
        wal.Add(0, 0xD0, new byte[20]);
        wal.Add(10, 0, new byte[100]);
        wal.Switch();
        var verifier = new WalChainVerifier(Expected);
        AddSegments(verifier, wal, wal.ToSegments());
        Assert.Empty(verifier.Findings);
        Assert.Equal(4, verifier.RecordCount);
    }

    [Fact]
    public void A_missing_segment_is_a_finding()
    {
        var wal = Build([900_000, 900_000, 900_000]);
        var bytes = wal.ToSegments();
        var verifier = new WalChainVerifier(Expected);
        verifier.Add(wal.First, 0, bytes.AsSpan(0, WalBuilder.Size.Bytes));
        var third = wal.First.Next.Next;
        verifier.Add(third, 0, bytes.AsSpan(2 * WalBuilder.Size.Bytes, WalBuilder.Size.Bytes));
        Assert.Equal(WalFindingKind.NotContiguous, Assert.Single(verifier.Findings).Kind);
        Assert.Equal(third.Start, verifier.Findings[0].Position);
    }

    [Fact]
    public void The_cheap_check_accepts_a_zero_tail_after_a_switch_only()
    {
        for (var size = 7900; size < 8200; size += 4)
        {
            var wal = Build([size]);
            Assert.Empty(WalSegmentCheck.ValidatePages(wal.ToSegments(), wal.First, Expected));
            var open = Build([size], switchAtEnd: false);
            var finding = Assert.Single(WalSegmentCheck.ValidatePages(open.ToSegments(), open.First, Expected));
            Assert.Equal(WalFindingKind.UnexpectedZeroes, finding.Kind);
        }
    }

    [Fact]
    public void The_cheap_check_names_what_is_wrong_with_a_header()
    {
        var bytes = Build([900_000]).ToSegments();
        Assert.Equal(WalFindingKind.WrongSize, Check(bytes[..^1]).Kind);
        Assert.Equal(WalFindingKind.WrongMagic, Check(Flip(0)).Kind);
        Assert.Equal(WalFindingKind.WrongFlags, Check(Flip(8192 + 3)).Kind);
        Assert.Equal(WalFindingKind.WrongTimeline, Check(Flip(8192 + 4, 2)).Kind);
        Assert.Equal(WalFindingKind.WrongAddress, Check(Flip(16384 + 9)).Kind);
        Assert.Equal(16384, Check(Flip(16384 + 9)).Offset);
        Assert.Equal(WalFindingKind.ForeignSystem, Check(Flip(24)).Kind);
        Assert.Equal(WalFindingKind.WrongGeometry, Check(Flip(34)).Kind);

        byte[] Flip(int at, byte mask = 0xF0)
        {
            var copy = (byte[])bytes.Clone();
            copy[at] ^= mask;
            return copy;
        }
    }

    private static WalFinding Check(byte[] bytes) =>
        Assert.Single(WalSegmentCheck.ValidatePages(bytes, new WalSegment(TimelineId.First, 3, WalBuilder.Size), Expected));

    private static WalBuilder Build(int[] bodySizes, bool switchAtEnd = true)
    {
        var wal = new WalBuilder();
        foreach (var size in bodySizes)
        {
            var body = new byte[size];
            for (var i = 0; i < size; i++)
                body[i] = (byte)((i * 31) + size);
            wal.Add(10, 0x10, body);
        }

        if (switchAtEnd)
            wal.Switch();
        return wal;
    }

    private static void AddSegments(WalChainVerifier verifier, WalBuilder wal, byte[] bytes)
    {
        var segment = wal.First;
        for (var at = 0; at < bytes.Length; at += WalBuilder.Size.Bytes, segment = segment.Next)
            verifier.Add(segment, 0, bytes.AsSpan(at, WalBuilder.Size.Bytes));
    }

    private static bool IsPadding(WalBuilder wal, int[] sizes, int at)
    {
        var index = wal.Records.FindLastIndex(start => start - wal.First.Start <= (ulong)at);
        var next = index + 1 < wal.Records.Count ? wal.Records[index + 1] : wal.Position;
        return index >= 0 && next - wal.First.Start - (ulong)at <= 8 + WalPageHeader.LongHeaderBytes
            && sizes[Math.Min(index, sizes.Length - 1)] % 8 != 0;
    }
}
