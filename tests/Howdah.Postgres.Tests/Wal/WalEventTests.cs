using System.Buffers.Binary;
using System.Text;
using Howdah.Postgres.Wal;

namespace Howdah.Postgres.Tests.Wal;

public sealed class WalEventTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 9, 14, 55, 123, TimeSpan.Zero);

    [Fact]
    public void A_commit_with_origin_and_top_level_xid_before_its_data_gives_its_time()
    {
        var committed = Assert.IsType<WalTransactionEnd>(Decode(1, 0x80, [253, 1, 0, 252, 1, 2, 3, 4, 255, 8, .. TimeBytes()]));
        Assert.Equal(Time, committed.Time);
        Assert.Equal(WalTransactionOutcome.Committed, committed.Outcome);
        Assert.Equal(WalTransactionOutcome.Aborted, Assert.IsType<WalTransactionEnd>(Decode(1, 0x20, [255, 8, .. TimeBytes()])).Outcome);
    }

    [Fact]
    public void A_restore_point_gives_its_name()
    {
        var name = new byte[64];
        Encoding.UTF8.GetBytes("before the fall").CopyTo(name, 0);
        var point = Assert.IsType<WalRestorePoint>(Decode(0, 0x70, [255, 72, .. TimeBytes(), .. name]));
        Assert.Equal("before the fall", point.Name);
        Assert.Equal(Time, point.Time);
    }

    [Theory]
    [InlineData("/srv/space")]
    [InlineData("")]
    public void The_making_of_a_tablespace_gives_its_place(string location)
    {
        byte[] data = [0x10, 0x40, 0, 0, .. Encoding.UTF8.GetBytes(location), 0];
        var made = Assert.IsType<WalTablespaceCreation>(Decode(5, 0x00, [255, (byte)data.Length, .. data]));
        Assert.Equal((0x4010u, location), (made.Oid, made.Location));
        Assert.Null(Decode(5, 0x10, [255, 4, 0x10, 0x40, 0, 0]));
    }

    [Fact]
    public void The_longest_path_of_a_tablespace_is_whole()
    {
        var location = "/" + new string('a', 1022);
        byte[] data = [0x10, 0x40, 0, 0, .. Encoding.UTF8.GetBytes(location), 0];
        byte[] length = [(byte)data.Length, (byte)(data.Length >> 8), 0, 0];
        Assert.Equal(location, Assert.IsType<WalTablespaceCreation>(Decode(5, 0x00, [254, .. length, .. data])).Location);
    }

    [Fact]
    public void A_time_that_no_calendar_has_is_null() =>
        Assert.Null(Assert.IsType<WalTransactionEnd>(Decode(1, 0, [255, 8, 255, 255, 255, 255, 255, 255, 255, 127])).Time);

    [Fact]
    public void Records_that_are_cut_or_refer_to_blocks_are_nothing_or_a_switch()
    {
        for (var kind = 0; kind < 256; kind += 16)
        {
            foreach (var body in (byte[][])[[], [255], [255, 8, 1], [0, 1, 2], [253], [252, 1], [254, 1, 0, 0, 0]])
            {
                Assert.True(Decode(0, (byte)kind, body) is null or WalSwitch);
                Assert.Null(Decode(1, (byte)kind, body));
            }
        }
    }

    private static WalEvent? Decode(byte resourceManager, byte info, byte[] body)
    {
        var wal = new WalBuilder();
        wal.Add(resourceManager, info, body);
        WalEvent? decoded = null;
        var verifier =
            new WalChainVerifier(WalExpectations.None) { RecordRead = (in WalRecord record) => decoded = WalEvent.Decode(record) };
        verifier.Add(wal.First, 0, wal.ToSegments().AsSpan(0, WalPageHeader.PageBytes));
        Assert.Equal(1, verifier.RecordCount);
        return decoded;
    }

    private static byte[] TimeBytes()
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, PostgresTime.ToMicroseconds(Time));
        return bytes;
    }
}
