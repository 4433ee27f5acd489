using Howdah.Barman.Commands;
using Howdah.Barman.Facts;
using Howdah.Core.Errors;
using Howdah.Core.Wal;

namespace Howdah.Cluster.Tests.Barman;

/// <summary>A server that says what a test wants; its clock stands still but for waits, which take no real time.</summary>
internal sealed class ScriptedServer : IBarmanServer
{
    public static readonly WalSegment Segment = new(TimelineId.First, 3, WalSegmentSize.Default);

    public ServerFacts Facts { get; init; } = LabFacts.Healthy;

    public Observed<ReplicationFacts> Replication { get; init; } = Observed<ReplicationFacts>.Unknown("connection refused");

    public SwitchOutcome Switch { get; init; } = new(SwitchVerdict.Closed, Segment, "");

    /// <summary>What the repository holds at each look; the last one stays.</summary>
    public Queue<IReadOnlyList<string>> Segments { get; init; } = new([[]]);

    /// <summary>Null: the backup fails.</summary>
    public BackupFacts? Backup { get; init; }

    public BackupOrder? Ordered { get; private set; }

    public ServerPolicy Policy => LabFacts.Policy;

    public TimeProvider Time { get; } = new SteppingClock(LabFacts.Now);

    public Task<ServerFacts> ObserveAsync(bool withSize, CancellationToken cancellationToken) => Task.FromResult(Facts);

    public Task<Observed<ReplicationFacts>> ReadReplicationAsync(CancellationToken cancellationToken) => Task.FromResult(Replication);

    public Task<Observed<CatalogueFacts>> ReadCatalogueAsync(CancellationToken cancellationToken) => Task.FromResult(Facts.Catalogue);

    public Task<SwitchOutcome> SwitchWalAsync(bool force, CancellationToken cancellationToken) => Task.FromResult(Switch);

    public Task<IReadOnlyList<string>> ListSegmentsAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Segments.Count > 1 ? Segments.Dequeue() : Segments.Peek());

    public Task<BackupFacts> BackupAsync(BackupOrder order, IBackupProgress progress, CancellationToken cancellationToken)
    {
        Ordered = order;
        progress.Began("20261123T081901", "/repo/snapshots/20261123T081901");
        progress.CopyBegan(Segment.Start + 0x60, Segment);
        if (Backup is null)
            throw new OperationException(ErrorCodes.BackupFailed, "the connection broke", "try again");
        progress.CopyEnded(TimeSpan.FromSeconds(2));
        return Task.FromResult(Backup);
    }
}

/// <summary>A clock on which every wait is over at once, having taken as long as it should.</summary>
internal sealed class SteppingClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks = start.UtcTicks;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime > TimeSpan.Zero)
            Interlocked.Add(ref _ticks, dueTime.Ticks);
        ThreadPool.QueueUserWorkItem(_ => callback(state));
        return new Spent();
    }

    private sealed class Spent : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
