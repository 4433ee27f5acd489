using CsCheck;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;
using static Howdah.Postgres.Tests.Wire.Peer;

namespace Howdah.Postgres.Tests.Replication;

public sealed class WalStreamMessageTests
{
    [Fact]
    public void Data_and_keepalives_come_back_as_they_were_sent() =>
        Gen.Select(Gen.ULong[0, ulong.MaxValue - 100], Gen.ULong, Gen.Bool, Gen.Byte.Array[0, 100]).Sample((start, end, wanted, wal) =>
        {
            var data = Parse([(byte)'w', .. Int64(start), .. Int64(end), .. Int64(0), .. wal]);
            Assert.Equal((WalStreamMessageKind.Data, new Lsn(start), new Lsn(end)), (data.Kind, data.Start, data.ServerWalEnd));
            Assert.Equal(wal, data.Bytes.ToArray());
            Assert.Equal(new Lsn(start + (ulong)wal.Length), data.End);
            var alive = Parse([(byte)'k', .. Int64(end), .. Int64(0), (byte)(wanted ? 1 : 0)]);
            Assert.Equal((WalStreamMessageKind.KeepAlive, new Lsn(end), wanted), (alive.Kind, alive.ServerWalEnd, alive.ReplyRequested));
        });

    [Theory]
    [InlineData(0UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    public void A_clock_that_is_out_of_its_mind_is_no_time_and_no_error(ulong microseconds)
    {
        var alive = Parse([(byte)'k', .. Int64(1), .. Int64(microseconds), 0]);
        Assert.Equal(microseconds == 1UL << 63, alive.ServerTime is null);
    }

    [Fact]
    public void A_message_that_ends_early_is_refused_by_its_offset()
    {
        byte[] data = [(byte)'w', .. Int64(1), .. Int64(2), .. Int64(3)];
        byte[] alive = [(byte)'k', .. Int64(1), .. Int64(2), 1];
        foreach (var whole in new[] { data, alive })
        {
            for (var length = 0; length < whole.Length; length++)
            {
                var exception = Assert.Throws<OperationException>(() => Parse(whole[..length]));
                Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
                Assert.Contains("at offset", exception.Message, StringComparison.Ordinal);
            }
        }

        Assert.Throws<OperationException>(() => Parse([.. alive, 0]));
    }

    [Fact]
    public void Any_bytes_are_a_message_or_refused() =>
        Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            try
            {
                var message = Parse(bytes);
                Assert.True(message.End >= message.Start);
            }
            catch (OperationException exception)
            {
                Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
            }
        });

    private static WalStreamMessage Parse(byte[] body) => WalStream.ParseCopyData(new ServerMessage(MessageType.CopyData, body));
}
