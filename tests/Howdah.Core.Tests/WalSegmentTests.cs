using CsCheck;
using Howdah.Core.Wal;

namespace Howdah.Core.Tests;

public sealed class WalSegmentTests
{
    private static readonly Gen<WalSegmentSize> Sizes = Gen.Int[20, 30].Select(power => new WalSegmentSize(1 << power));

    private static readonly Gen<WalSegment> Segments =
        Gen.Select(Gen.UInt[1, uint.MaxValue], Gen.ULong, Sizes)
            .Select((timeline, lsn, size) => WalSegment.Containing(new TimelineId(timeline), new Lsn(lsn), size));

    [Fact]
    public void Name_round_trips_for_every_segment_size() =>
        Segments.Sample(segment =>
        {
            Assert.True(WalSegment.TryParse(segment.Name, segment.Size, out var parsed));
            Assert.Equal(segment, parsed);
        });

    [Fact]
    public void A_segment_holds_the_position_that_it_was_asked_for() =>
        Gen.Select(Gen.ULong[0, ulong.MaxValue >> 1], Sizes).Sample((lsn, size) =>
            Assert.True(WalSegment.Containing(TimelineId.First, new Lsn(lsn), size).Range.Contains(new Lsn(lsn))));

    // Values that a live server gives (pg_walfile_name on timeline 10, 16 MiB and 64 MiB segments).
    [Theory]
    [InlineData(1u, "0/3000060", 16, "000000010000000000000003")]
    [InlineData(10u, "1/FF000000", 16, "0000000A00000001000000FF")]
    [InlineData(10u, "2/0", 16, "0000000A0000000200000000")]
    [InlineData(1u, "1/FC000000", 64, "00000001000000010000003F")]
    public void Name_is_the_one_that_the_server_uses(uint timeline, string lsn, int mebibytes, string name) =>
        Assert.Equal(name, WalSegment.Containing(new TimelineId(timeline), Lsn.Parse(lsn), new WalSegmentSize(mebibytes << 20)).Name);

    [Theory]
    [InlineData("00000001000000000000000")]
    [InlineData("0000000100000000000000030")]
    [InlineData("00000001000000000000000g")]
    [InlineData("0000000a0000000000000003")]
    [InlineData("000000000000000000000003")]
    [InlineData("000000010000000000000100")]
    [InlineData("000000010000000000000003.partial")]
    public void What_is_no_segment_name_is_refused(string name) =>
        Assert.False(WalSegment.TryParse(name, WalSegmentSize.Default, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 19)]
    [InlineData((16 << 20) + 1)]
    [InlineData(int.MaxValue)]
    public void Impossible_segment_sizes_are_refused(int bytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new WalSegmentSize(bytes));

    [Theory]
    [InlineData("000000010000000000000003", WalFileKind.Segment)]
    [InlineData("000000010000000000000003.partial", WalFileKind.PartialSegment)]
    [InlineData("0000000A.history", WalFileKind.History)]
    [InlineData("000000010000000000000003.00000028.backup", WalFileKind.BackupHistory)]
    [InlineData("000000010000000000000003.gz", WalFileKind.Unknown)]
    [InlineData("../000000010000000000000003", WalFileKind.Unknown)]
    [InlineData("", WalFileKind.Unknown)]
    public void Names_are_told_apart(string name, WalFileKind kind) => Assert.Equal(kind, WalFileName.Classify(name));
}
