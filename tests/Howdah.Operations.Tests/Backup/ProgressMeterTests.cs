using Howdah.Operations.Backup;
using Microsoft.Extensions.Time.Testing;

namespace Howdah.Operations.Tests.Backup;

public sealed class ProgressMeterTests
{
    [Fact]
    public void It_reports_four_times_a_second_and_the_estimate_never_falls_short()
    {
        var time = new FakeTimeProvider();
        var seen = new List<BackupProgress>();
        var meter = new ProgressMeter(new Keeper(seen), time);
        meter.Enter(BackupPhase.Checkpoint);
        time.Advance(TimeSpan.FromSeconds(30));
        meter.Expect(100 << 20);
        meter.Enter(BackupPhase.Receiving);
        time.Advance(TimeSpan.FromSeconds(2));
        meter.Add(20 << 20);
        Assert.Equal((20 << 20, 100 << 20, TimeSpan.FromSeconds(32)), (seen[^1].BytesDone, seen[^1].EstimatedTotal, seen[^1].Elapsed));
        var count = seen.Count;
        for (var i = 0; i < 1000; i++)
            meter.Add(64 << 10);
        Assert.Equal(count, seen.Count);
        time.Advance(TimeSpan.FromSeconds(1));
        meter.Add(120 << 20);
        Assert.Equal(seen[^1].BytesDone, seen[^1].EstimatedTotal);
    }

    [Fact]
    public void A_low_rate_limit_is_reported_as_often_as_bytes_come_in()
    {
        var time = new FakeTimeProvider();
        var seen = new List<BackupProgress>();
        var meter = new ProgressMeter(new Keeper(seen), time);
        meter.Enter(BackupPhase.Receiving);
        for (var i = 1; i <= 128; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            meter.Add(32 << 10);
            Assert.Equal(i * (32L << 10), seen[^1].BytesDone);
        }
    }

    private sealed class Keeper(List<BackupProgress> seen) : IBackupObserver
    {
        public void Report(BackupProgress progress) => seen.Add(progress);
    }
}
