using Howdah.Core.Errors;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.Wal;

namespace Howdah.Operations.Tests.ReceiveWal;

/// <summary>WAL that arrives damaged: the segment's check reports it, and it gets its final name only once it has arrived whole.</summary>
public sealed class DamagedWalTests
{
    private const int Page = 50 * WalPageHeader.PageBytes;

    // Offsets within a page header: what it begins with, its flags, its timeline, its address; of the first page also whose it is.
    [Theory]
    [InlineData(Page, "begins with")]
    [InlineData(Page + 3, "reserved flags")]
    [InlineData(Page + 4, "is of timeline")]
    [InlineData(Page + 9, "its place is")]
    [InlineData(24, "belongs to system")]
    [InlineData(34, "segments of")]
    public async Task A_damaged_segment_is_told_and_received_again(int at, string seen)
    {
        await using var primary = new LyingPrimary(
            new PrimarySession(async wal =>
            {
                await wal.SendAsync(PrimaryWal.Damaged(at));
                await wal.ReadStatusesAsync();
            }),
            PrimarySession.Honest);
        await using var receiver = new ObservedReceiver(primary);
        var failure = await receiver.NextAsync(WalReceiverEventKind.Disconnected);
        var acknowledged = primary.Acknowledged;
        await primary.WaitForAsync(PrimaryWal.End);
        await receiver.StopAsync();

        Assert.Same(failure, Assert.Single(receiver.Failures));
        Assert.True(failure.IsAlarm);
        Assert.Equal(ErrorCodes.WalInvalid, failure.Error?.Code);
        Assert.Contains($"{PrimaryWal.First.Name} is not valid WAL", failure.Message, StringComparison.Ordinal);
        Assert.Contains(seen, failure.Message, StringComparison.Ordinal);
        // A slot keeps the segment that a position lies in, so the server still has all of it.
        Assert.All(acknowledged, flushed => Assert.True(flushed < PrimaryWal.First.End, $"{flushed} was acknowledged"));
        Assert.Single(receiver.Told, happened => happened.Kind == WalReceiverEventKind.SegmentStored);
        Assert.Equal(PrimaryWal.Read(PrimaryWal.Start, PrimaryWal.First.End), receiver.Read(PrimaryWal.First));
    }

    [Fact]
    public async Task While_it_keeps_arriving_damaged_nothing_gets_a_final_name()
    {
        await using var primary = new LyingPrimary(new PrimarySession(async wal =>
        {
            await wal.SendAsync(PrimaryWal.Damaged(Page));
            await wal.ReadStatusesAsync();
        }));
        await using var receiver = new ObservedReceiver(primary);
        for (var round = 0; round < 3; round++)
            Assert.Equal(ErrorCodes.WalInvalid, (await receiver.NextAsync(WalReceiverEventKind.Disconnected)).Error?.Code);
        await receiver.StopAsync();
        Assert.False(File.Exists(receiver.Store.SegmentPath(PrimaryWal.First)));
        Assert.False(File.Exists(receiver.Store.SegmentPath(PrimaryWal.First.Next)));
        Assert.All(primary.Acknowledged, flushed => Assert.True(flushed < PrimaryWal.First.End, $"{flushed} was acknowledged"));
    }
}
