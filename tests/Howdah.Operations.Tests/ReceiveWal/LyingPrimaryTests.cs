using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.Tests.Wire;

namespace Howdah.Operations.Tests.ReceiveWal;

/// <summary>
/// A primary that lies once, and is honest then: the receiver tells what it saw, acknowledges nothing that it does not hold, writes
/// over nothing, and goes on.
/// </summary>
public sealed class LyingPrimaryTests
{
    private static readonly Lsn Middle = PrimaryWal.Start + 300_000;

    public static TheoryData<byte[]> Garbage =>
    [
        Peer.Message('d', [(byte)'z']),
        Peer.Message('d', [(byte)'w', 0, 0]),
        Peer.Message('d', []),
        new byte[] { (byte)'d', 0x7F, 0xFF, 0xFF, 0xFF },
        new byte[] { (byte)'d', 0, 0, 0, 2 },
        new byte[] { 0x01, 0, 0, 0, 8, 0, 0, 0, 0 },
        Peer.Message('G', [0, 0, 0]),
        SentWal.Data(new Lsn(ulong.MaxValue), [1, 2], PrimaryWal.End),
    ];

    [Theory]
    [InlineData(8192)]
    [InlineData(1)]
    [InlineData(-8192)]
    public async Task WAL_that_does_not_follow_is_not_written(int offset)
    {
        var wrong = new Lsn((ulong)((long)Middle.Value + offset));
        var failure = await OutliveAsync(new PrimarySession(async wal =>
        {
            await wal.SendAsync(PrimaryWal.Read(PrimaryWal.Start, Middle));
            await wal.SendRawAsync(SentWal.Data(wrong, new byte[100], PrimaryWal.End));
            await wal.ReadStatusesAsync();
        }));
        Assert.Equal(ErrorCodes.ProtocolViolation, failure.Error?.Code);
        Assert.Contains($"sent WAL from {wrong} on, where {Middle} was due", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_in_the_stream_is_refused(byte[] garbage)
    {
        var failure = await OutliveAsync(new PrimarySession(async wal =>
        {
            await wal.SendAsync(PrimaryWal.Read(PrimaryWal.Start, Middle));
            await wal.SendRawAsync(garbage);
            await wal.ReadStatusesAsync();
        }));
        Assert.Equal(ErrorCodes.ProtocolViolation, failure.Error?.Code);
    }

    [Theory]
    [InlineData(1, 300_000)]
    [InlineData(2, -1_000_000)]
    public async Task A_timeline_that_ends_in_an_earlier_one_or_before_its_WAL_is_refused(int next, int at)
    {
        var point = new Lsn((ulong)((long)PrimaryWal.Start.Value + at));
        var failure = await OutliveAsync(new PrimarySession(async wal =>
        {
            await wal.SendAsync(PrimaryWal.Read(PrimaryWal.Start, Middle));
            await wal.SendRawAsync(Peer.Message('c'));
            await wal.ReadStatusesAsync();
            await wal.SendRawAsync(SentWal.End(next, point));
            await wal.ReadStatusesAsync();
        }));
        Assert.Equal(ErrorCodes.ProtocolViolation, failure.Error?.Code);
        Assert.Contains($"ended timeline 1 at {point} for timeline {next}, which cannot be", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_was_sent_is_acknowledged_not_what_the_server_says_to_have()
    {
        var claimed = PrimaryWal.End + (1 << 30);
        await using var primary = new LyingPrimary(new PrimarySession(async wal =>
        {
            var start = wal.Start;
            foreach (var length in new[] { 1, 8191, 100_000, 40_000 })
            {
                await wal.SendRawAsync(SentWal.Data(start, PrimaryWal.Read(start, start + (ulong)length), claimed));
                start += (ulong)length;
                await wal.ReadStatusesAsync(until: start);
            }

            await wal.SendRawAsync(SentWal.KeepAlive(claimed));
            await wal.ReadStatusesAsync();
        }));
        await using var receiver = new ObservedReceiver(primary);
        await primary.WaitForAsync(PrimaryWal.Start + 148_192, times: 2);
        await receiver.StopAsync();
        ulong[] ends = [0, 1, 8192, 108_192, 148_192];
        Assert.Equal(ends, primary.Acknowledged.Select(flushed => flushed - PrimaryWal.Start).Distinct());
        Assert.Empty(receiver.Untrue);
        Assert.Empty(receiver.Failures);
    }

    [Fact]
    public async Task A_foreign_system_on_reconnect_is_asked_for_nothing()
    {
        await using var primary = new LyingPrimary(
            PrimarySession.EndingAt(Middle),
            PrimarySession.Honest with { System = new SystemIdentifier(77) },
            PrimarySession.Honest);
        var failure = await OutliveAsync(primary, failures: 2);
        Assert.Equal(ErrorCodes.ForeignSystem, failure.Error?.Code);
        Assert.Contains("belongs to system 77", failure.Message, StringComparison.Ordinal);
        Assert.Equal("IDENTIFY_SYSTEM", primary.CommandsOf(1).Last());
    }

    [Fact]
    public async Task A_server_on_an_older_timeline_than_the_held_one_is_asked_for_nothing()
    {
        await using var primary = new LyingPrimary(
            PrimarySession.EndingAt(Middle) with { Timeline = 2 },
            PrimarySession.Honest,
            PrimarySession.Honest with { Timeline = 2 });
        var failure = await OutliveAsync(primary, failures: 2);
        Assert.Equal(ErrorCodes.Refused, failure.Error?.Code);
        Assert.Contains("is on timeline 1, and WAL of timeline 2 is already held", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(primary.CommandsOf(1), command => command.StartsWith("START_REPLICATION", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_history_of_a_timeline_does_not_replace_the_one_that_is_held()
    {
        var told = PrimarySession.Honest with { Timeline = 2 };
        await using var primary = new LyingPrimary(
            PrimarySession.EndingAt(Middle) with { Timeline = 2 }, told with { History = "1\t0/100000\tanother past\n" }, told);
        var failure = await OutliveAsync(primary, failures: 2);
        Assert.Equal(ErrorCodes.WalInvalid, failure.Error?.Code);
        Assert.Contains("holds another history of that timeline", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_WAL_at_a_place_that_is_held_does_not_replace_it()
    {
        var other = PrimaryWal.Damaged(at: 100_000);
        await using var primary = new LyingPrimary(
            PrimarySession.EndingAt(Middle),
            new PrimarySession(async wal =>
            {
                await wal.SendAsync(other);
                await wal.ReadStatusesAsync();
            }),
            PrimarySession.Honest);
        var failure = await OutliveAsync(primary, failures: 2);
        Assert.Equal(ErrorCodes.WalInvalid, failure.Error?.Code);
        Assert.Contains($"sends other WAL at {PrimaryWal.Start + 100_000}", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<WalReceiverEvent> OutliveAsync(PrimarySession lie)
    {
        await using var primary = new LyingPrimary(lie, PrimarySession.Honest);
        return await OutliveAsync(primary, failures: 1);
    }

    /// <summary>Receives everything in spite of that many failures; the last of them.</summary>
    private static async Task<WalReceiverEvent> OutliveAsync(LyingPrimary primary, int failures)
    {
        await using var receiver = new ObservedReceiver(primary);
        await primary.WaitForAsync(PrimaryWal.End);
        await receiver.StopAsync();
        Assert.Empty(receiver.Untrue);
        Assert.Equal(failures, receiver.Failures.Count());
        var segment = PrimaryWal.First with { Timeline = primary.Timeline };
        Assert.Equal(PrimaryWal.Read(segment.Start, segment.End), await ReadAsync(receiver.Store.SegmentPath(segment)));
        if (primary.Timeline != TimelineId.First)
            Assert.Equal(
                Encoding.UTF8.GetBytes(PrimarySession.Honest.History), await ReadAsync(receiver.Store.HistoryPath(primary.Timeline)));
        var failure = receiver.Failures.Last();
        Assert.True(failure.IsAlarm);
        return failure;
    }

    private static Task<byte[]> ReadAsync(string path) => File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
}
