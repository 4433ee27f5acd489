using System.Runtime.ExceptionServices;
using Howdah.Cluster.Configuration;
using Howdah.Cluster.Observation;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Operations.ReceiveWal;
using Howdah.Postgres.Replication;

namespace Howdah.Cluster.Execution;

/// <summary>The WAL receiver inside this process. Started and stopped by the operation that owns it.</summary>
internal sealed class ReceiverHost(ClusterWorkshop workshop) : IWalReceiverObserver
{
    private Func<Task>? _requestStop;
    private Task? _run;
    private WalReceiver? _receiver;
    private NodeModel? _source;
    private bool _isDown;

    public bool IsRunning => _run is { IsCompleted: false };

    /// <summary>WAL flows from the primary through our slot, which has no other user then.</summary>
    public bool IsReceiving =>
        IsRunning && _receiver?.Status.State is WalReceiverState.CatchingUp or WalReceiverState.Streaming;

    /// <summary>What ended the receiver, or its last attempt; null where nothing did.</summary>
    public string? Error => _run?.Exception?.GetBaseException().Message ?? _receiver?.Status.LastError?.Message;

    /// <summary>On our disk and acknowledged; none where this process does not receive.</summary>
    public Lsn Flushed => _receiver?.Status.Flushed ?? Lsn.None;

    /// <summary>Starts receiving from the primary that was seen. The receiver reconnects by itself from then on.</summary>
    public void Start(ObservedCluster seen)
    {
        if (IsRunning)
            return;
        var primary = seen.AnsweringPrimary ?? throw new OperationException(ErrorCodes.ServerUnreachable, "the primary does not answer");
        var options = new WalReceiverOptions
        {
            Connection = ClusterConnections.Receiver(workshop.Model, primary.Model),
            Slot = workshop.Model.Backup.SlotName,
            ApplicationName = workshop.Model.Backup.ApplicationName,
            ExpectedSystem = primary.Answers!.System,
        };
        _source = primary.Model;
        var stop = new CancellationTokenSource();
        _requestStop = stop.CancelAsync;
        _run = RunAsync(options, primary, stop);
    }

    /// <summary>
    /// Receives from the primary that was seen, once that has our slot; goes over to it where it is another than before. Needs no right to
    /// change the cluster: who holds that for a long copy must not keep WAL from being received.
    /// </summary>
    public async Task FollowAsync(ObservedCluster seen)
    {
        if (seen.AnsweringPrimary is not { } primary || !seen.Backup.HasRepository || !HasOurSlot(primary))
            return;
        if (_source is not null && primary.Model != _source)
        {
            workshop.Announce(AnnouncementLevel.Information, $"{primary.Model.Name} is the primary now: WAL is received from it");
            await StopAsync();
        }

        Start(seen);
    }

    /// <summary>What the receiver cannot mend by trying again: a foreign system, a full or broken repository.</summary>
    /// <exception cref="OperationException">It has ended by a failure.</exception>
    public void ThrowIfEnded()
    {
        if (_run?.Exception is { } ended)
            ExceptionDispatchInfo.Throw(ended.GetBaseException());
    }

    public async Task StopAsync()
    {
        if (_requestStop is null || _run is null)
            return;
        if (IsRunning)
            await _requestStop();
        await Task.WhenAny(_run);
        _requestStop = null;
    }

    public void OnEvent(WalReceiverEvent happened)
    {
        // One line for an outage, however many attempts it takes.
        var again = happened.Kind is WalReceiverEventKind.Disconnected && _isDown;
        _isDown = happened.Kind is WalReceiverEventKind.Disconnected || (_isDown && happened.Kind is not WalReceiverEventKind.Connected);
        if (again || happened.Kind is WalReceiverEventKind.SegmentStored)
            return;
        var level = happened.IsAlarm ? AnnouncementLevel.Problem
            : happened.Kind is WalReceiverEventKind.Disconnected ? AnnouncementLevel.Warning
            : AnnouncementLevel.Information;
        workshop.Announce(level, $"{workshop.Model.Backup.Name}: {happened.Message}", happened.Error?.Hint);
    }

    private bool HasOurSlot(ObservedNode primary) => primary.Answers!.Slots.Any(
        slot => string.Equals(slot.Name, workshop.Model.Backup.SlotName, StringComparison.Ordinal) && !slot.IsLost);

    // Never disposed: without a timer it holds nothing, and a late request to stop must find it alive.
    private async Task RunAsync(WalReceiverOptions options, ObservedNode primary, CancellationTokenSource stop)
    {
        // The caller goes on at once; whatever fails from here on is the task's.
        await Task.Yield();
        var segmentSize = await ReadSegmentSizeAsync(options, stop.Token);
        var store = workshop.OpenRepository().Wal(primary.Answers!.System, segmentSize);
        _receiver = new WalReceiver(options, store, workshop.Time, this);
        await _receiver.RunAsync(stop.Token);
    }

    private async Task<WalSegmentSize> ReadSegmentSizeAsync(WalReceiverOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await ReplicationConnection.OpenAsync(options.Connection, workshop.Time, cancellationToken);
        return await connection.ReadSegmentSizeAsync(cancellationToken);
    }
}
