using System.Collections.Concurrent;
using System.Threading.Channels;
using Howdah.Core.Wal;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.Tests.Wal;
using Howdah.Repository;
using Howdah.Repository.Wal;

namespace Howdah.Operations.Tests.ReceiveWal;

/// <summary>A receiver of a <see cref="LyingPrimary"/>'s WAL, in a store of its own, and what it tells.</summary>
internal sealed class ObservedReceiver : IWalReceiverObserver, IAsyncDisposable
{
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long any of these tests waits for one thing.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<WalReceiverEvent> _told = new();
    private readonly Channel<WalReceiverEvent> _events = Channel.CreateUnbounded<WalReceiverEvent>();
    private readonly WalReceiver _receiver;
    private readonly Task _running;

    public ObservedReceiver(LyingPrimary primary, TimeProvider? time = null)
    {
        Store = BackupRepository.CreateOrOpen(_directory.File("r"), new RepositoryOptions()).Wal(WalBuilder.System, WalBuilder.Size);
        Timeline = primary.Timeline;
        primary.OnAcknowledged = Check;
        var options = new WalReceiverOptions
        {
            Connection = primary.Settings,
            Slot = null,
            InitialStart = PrimaryWal.Start,
            LongestPause = LongestPause,
            LongestPauseOfOutage = TimeSpan.FromMilliseconds(60),
        };
        _receiver = new WalReceiver(options, Store, time ?? TimeProvider.System, this);
        _running = _receiver.RunAsync(_stop.Token);
    }

    public WalStore Store { get; }

    public TimelineId Timeline { get; }

    public IReadOnlyList<WalReceiverEvent> Told => [.. _told];

    public IEnumerable<WalReceiverEvent> Failures => Told.Where(happened => happened.Kind == WalReceiverEventKind.Disconnected);

    /// <summary>Positions that were acknowledged although the primary's WAL up to there was not in the store.</summary>
    public ConcurrentQueue<Lsn> Untrue { get; } = new();

    public void OnEvent(WalReceiverEvent happened)
    {
        _told.Enqueue(happened);
        _events.Writer.TryWrite(happened);
    }

    /// <summary>Waits for the next event of a kind; each is given once.</summary>
    public async Task<WalReceiverEvent> NextAsync(WalReceiverEventKind kind)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Deadline);
        while (true)
        {
            var happened = await _events.Reader.ReadAsync(limit.Token);
            if (happened.Kind == kind)
                return happened;
        }
    }

    /// <summary>The file of a segment as it is now, finished or not; null where there is none.</summary>
    public byte[]? Read(WalSegment segment)
    {
        // It may get its final name between two looks.
        foreach (var path in new[] { Store.SegmentPath(segment), Store.PartialPath(segment), Store.SegmentPath(segment) })
        {
            try
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                return bytes;
            }
            catch (FileNotFoundException)
            {
                // Under its other name.
            }
        }

        return null;
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _directory.Dispose();
    }

    private void Check(Lsn flushed)
    {
        if (!IsHeld(flushed))
            Untrue.Enqueue(flushed);
    }

    private bool IsHeld(Lsn end)
    {
        for (var start = PrimaryWal.Start; start < end;)
        {
            var segment = WalSegment.Containing(Timeline, start, Store.SegmentSize);
            var until = Lsn.Min(segment.End, end);
            if (until > PrimaryWal.End || Read(segment) is not { } held
                || !held.AsSpan(0, (int)(until - segment.Start)).SequenceEqual(PrimaryWal.Read(start, until)))
                return false;
            start = until;
        }

        return true;
    }
}
