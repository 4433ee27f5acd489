using System.Collections.Concurrent;
using Howdah.Core.Errors;

namespace Howdah.Operations.Tests.ReceiveWal;

/// <summary>How long a receiver waits before it connects again.</summary>
public sealed class ReconnectTests
{
    private static readonly TimeSpan Longest = ObservedReceiver.LongestPause;

    [Fact]
    public async Task Pauses_double_up_to_the_longest_of_an_outage_and_begin_anew_after_success()
    {
        var refused = Enumerable.Repeat(PrimarySession.Refused, 8);
        var again = Enumerable.Repeat(PrimarySession.Refused, 3);
        await using var primary = new LyingPrimary(
            [.. refused, PrimarySession.EndingAt(PrimaryWal.Start + 300_000), .. again, PrimarySession.Honest]);
        var time = new SkippedPauses();
        await using var receiver = new ObservedReceiver(primary, time);
        await primary.WaitForAsync(PrimaryWal.End);
        await receiver.StopAsync();
        // The first retry is immediate each time, so there is a pause less than failures.
        Assert.Equal([10, 20, 40, 60, 60, 60, 60, 10, 20, 40], time.Milliseconds);
        Assert.Equal(12, receiver.Failures.Count());
    }

    [Fact]
    public async Task A_stream_that_ends_at_the_same_place_each_time_is_no_success()
    {
        var ends = new PrimarySession(async wal =>
        {
            await wal.SendRawAsync(SentWal.KeepAlive(PrimaryWal.End));
            // The first one is sent when the stream begins, the second one answers.
            await wal.ReadStatusAsync();
            await wal.ReadStatusAsync();
        });
        await using var primary = new LyingPrimary([.. Enumerable.Repeat(ends, 6), PrimarySession.Honest]);
        var time = new SkippedPauses();
        await using var receiver = new ObservedReceiver(primary, time);
        await primary.WaitForAsync(PrimaryWal.End);
        await receiver.StopAsync();
        Assert.Equal(6, receiver.Failures.Count());
        Assert.Equal([10, 20, 40, 60, 60], time.Milliseconds);
    }

    [Fact]
    public async Task What_will_not_mend_itself_at_once_waits_the_longest_from_the_first_failure_on()
    {
        var damaged = new PrimarySession(async wal =>
        {
            await wal.SendAsync(PrimaryWal.Damaged(24));
            await wal.ReadStatusesAsync();
        });
        await using var primary = new LyingPrimary(damaged, damaged, PrimarySession.Honest);
        var time = new SkippedPauses();
        await using var receiver = new ObservedReceiver(primary, time);
        await primary.WaitForAsync(PrimaryWal.End);
        await receiver.StopAsync();
        Assert.All(receiver.Failures, failure => Assert.Equal(ErrorCodes.WalInvalid, failure.Error?.Code));
        Assert.Equal([100, 100], time.Milliseconds);
    }

    /// <summary>The real clock, but for pauses: they end at once, and how long they would have been is kept.</summary>
    private sealed class SkippedPauses : TimeProvider
    {
        private readonly ConcurrentQueue<TimeSpan> _pauses = new();

        public double[] Milliseconds => [.. _pauses.Select(pause => pause.TotalMilliseconds)];

        /// <remarks>Limits of commands and connections are longer, and a status timer has a period.</remarks>
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime <= TimeSpan.Zero || dueTime > Longest || period > TimeSpan.Zero)
                return base.CreateTimer(callback, state, dueTime, period);
            _pauses.Enqueue(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
