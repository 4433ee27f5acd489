using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wal;
using Howdah.Repository.Wal;
using Howdah.Storage;

namespace Howdah.Operations.ReceiveWal;

/// <summary>What outlives a connection.</summary>
internal sealed record ReceiverContext(WalReceiverOptions Options, WalStore Store, TimeProvider Time, IWalReceiverObserver Observer)
{
    public required FlushFrontier Frontier { get; init; }

    public required ReceiverProgress Progress { get; init; }

    /// <summary>Where the next connection goes on; null before the first stream.</summary>
    public ReceiverPosition? Position { get; set; }

    public void Tell(WalReceiverEventKind kind, string message, bool isAlarm = false) =>
        Observer.OnEvent(new WalReceiverEvent(kind, isAlarm, message));
}

/// <summary>One connection: who the server is, where to go on, and then streams, one after the other, until something ends it.</summary>
internal sealed class ReceiverSession(ReceiverContext context, ReplicationConnection connection)
{
    private readonly WalReceiverOptions _options = context.Options;
    private readonly WalStore _store = context.Store;
    private TimelineHistory _serverHistory = TimelineHistory.WithoutAncestors(TimelineId.First);

    /// <summary>Returns when receiving was cancelled; everything else is an error.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        connection.ReadTimeout = _options.ServerTimeout;
        var system = await IdentifyAsync(cancellationToken);
        var slot = new ReceiverSlot(context, connection);
        await slot.EnsureAsync(cancellationToken);
        await ReadServerHistoryAsync(system.Timeline, cancellationToken);
        var position = await ChooseAsync(system, slot, cancellationToken);
        while (true)
        {
            context.Position = position;
            try
            {
                if (await StreamAsync(position, slot, cancellationToken) is not { } next)
                    return;
                position = await FollowAsync(position, next, cancellationToken);
            }
            catch (OperationException exception) when (OldestWalFinder.IsRemoved(exception))
            {
                position = await SkipGapAsync(context.Position.Value, exception, cancellationToken);
            }
        }
    }

    private async Task<SystemIdentification> IdentifyAsync(CancellationToken cancellationToken)
    {
        var system = await connection.IdentifySystemAsync(cancellationToken);
        var expected = _options.ExpectedSystem ?? _store.System;
        if (system.SystemIdentifier != expected || system.SystemIdentifier != _store.System)
        {
            throw new OperationException(
                ErrorCodes.ForeignSystem,
                $"{connection.Server} belongs to system {system.SystemIdentifier}, the WAL in {_store.Directory} to {_store.System}",
                "connect to the right server, or give this one a repository of its own");
        }

        var size = await connection.ReadSegmentSizeAsync(cancellationToken);
        if (size != _store.SegmentSize)
        {
            throw new OperationException(
                ErrorCodes.ForeignSystem,
                $"{connection.Server} writes segments of {size}, the WAL in {_store.Directory} has {_store.SegmentSize}");
        }

        return system;
    }

    /// <summary>The server's own history is stored at once, so that a restore can choose its timeline.</summary>
    private async Task ReadServerHistoryAsync(TimelineId timeline, CancellationToken cancellationToken)
    {
        if (timeline == TimelineId.First)
            return;
        var file = await connection.ReadTimelineHistoryAsync(timeline, cancellationToken);
        await _store.StoreHistoryAsync(timeline, file.Content, cancellationToken);
        _serverHistory = file.Parse();
    }

    private async Task<ReceiverPosition> ChooseAsync(SystemIdentification system, ReceiverSlot slot, CancellationToken cancellationToken)
    {
        if (context.Position is null && FindResumePoint(system.Timeline) is { } resume)
            context.Position = new ReceiverPosition(resume.Timeline, resume.Start, resume.Start);
        if (context.Position is not { } position)
        {
            var start = _options.InitialStart ?? await FindFirstStartAsync(slot, cancellationToken);
            start = _store.SegmentSize.SegmentStart(start);
            return new ReceiverPosition(_serverHistory.TimelineAt(start), start, start);
        }

        if (position.Timeline == system.Timeline)
            return position;
        position = position with { Held = ReadHeld(position) };
        var choice = LineagePlanner.Choose(
            position, await ReadOwnHistoryAsync(position.Timeline, cancellationToken), _serverHistory, _store.SegmentSize);
        if (choice.IsDiverged)
        {
            var message =
                $"WAL of timeline {position.Timeline} up to {position.Held} is held, but the server went over to timeline "
                + $"{system.Timeline} before; going on at {choice.Position.Held} of timeline {choice.Position.Timeline}";
            context.Tell(WalReceiverEventKind.Diverged, message, isAlarm: true);
        }

        return choice.Position;
    }

    /// <summary>
    /// Where we have followed the server to its timeline before, that is where we go on, however far the branch goes that it left: what
    /// is of no use on that one was told then. Never back to an older timeline than we hold.
    /// </summary>
    private ResumePoint? FindResumePoint(TimelineId server)
    {
        var highest = _store.FindResumePoint();
        return highest?.Timeline < server && _store.FindResumePoint(server) is { } followed ? followed : highest;
    }

    /// <remarks>The server's position is asked for after the slot is there: what it says now, the slot keeps.</remarks>
    private async Task<Lsn> FindFirstStartAsync(ReceiverSlot slot, CancellationToken cancellationToken)
    {
        await slot.EnsureBeforeFirstStartAsync(cancellationToken);
        return await slot.FindStartAsync(cancellationToken) ?? (await connection.IdentifySystemAsync(cancellationToken)).FlushPosition;
    }

    /// <summary>How far WAL is held in fact: the valid part of an unfinished segment counts.</summary>
    private Lsn ReadHeld(ReceiverPosition position)
    {
        using var finisher = NewFinisher(static () => { });
        using var writer = new WalWriter(_store, context.Frontier, finisher, position.Timeline, position.Start);
        return Lsn.Max(writer.OpenExisting(), position.Held);
    }

    private async Task<TimelineHistory> ReadOwnHistoryAsync(TimelineId timeline, CancellationToken cancellationToken)
    {
        if (timeline == TimelineId.First)
            return TimelineHistory.WithoutAncestors(timeline);
        var path = _store.HistoryPath(timeline);
        if (!Presence.OfFile(path))
            return TimelineHistory.WithoutAncestors(timeline);
        return TimelineHistory.Parse(timeline, await File.ReadAllTextAsync(path, cancellationToken));
    }

    /// <summary>Streams from the position on; the switch that ended the timeline, or null where receiving was cancelled.</summary>
    private async Task<TimelineSwitch?> StreamAsync(ReceiverPosition position, ReceiverSlot slot, CancellationToken cancellationToken)
    {
        StatusReporter? reporter = null;
        using var finisher = NewFinisher(() => reporter?.ReportIfPossible());
        using var writer = new WalWriter(_store, context.Frontier, finisher, position.Timeline, position.Start);
        // Before the stream begins: to read a segment of 1 GiB, and to flush it, may take longer than the server waits for a sign of life.
        var held = Lsn.Max(writer.OpenExisting(), position.Held);
        context.Position = position with { Held = held };
        var started = await slot.StartAsync(new StartReplication(position.Start, position.Timeline, _options.Slot), cancellationToken);
        if (started.Stream is not { } stream)
            return started.Switch;
        reporter = new StatusReporter(stream, context.Frontier, context.Progress, _options);
        var watch = new CompletenessWatch(_store, context.Frontier, position.Timeline);
        context.Frontier.Reset(held);
        context.Progress.NoteStreaming(position.Timeline, position.Start);
        try
        {
            // At once: a server with us in synchronous_standby_names counts us from the first flush position on.
            reporter.Report();
            var loop = new ReceiveLoop(stream, writer, context.Frontier, reporter, context.Progress) { Watch = watch };
            await using var timer = context.Time.CreateTimer(
                _ => reporter.ReportAndAsk(watch), null, _options.StatusInterval, _options.StatusInterval);
            var end = await RunLoopAsync(loop, stream, cancellationToken);
            if (end.Kind == WalStreamMessageKind.ServerShutdown)
                throw new OperationException(ErrorCodes.ConnectionLost, $"{connection.Server} shut down");
            return end.Switch;
        }
        finally
        {
            finisher.Settle();
            watch.StoreIfPossible();
            var start = _store.SegmentSize.SegmentStart(Lsn.Max(context.Frontier.Flushed, position.Start));
            context.Position = new ReceiverPosition(position.Timeline, start, Lsn.Max(context.Frontier.Flushed, start));
        }
    }

    private static async Task<WalStreamMessage> RunLoopAsync(ReceiveLoop loop, WalStream stream, CancellationToken cancellationToken)
    {
        await using var stop = cancellationToken.UnsafeRegister(static state => ((WalStream)state!).StopReading(), stream);
        // A thread of its own, for as long as the stream lasts: it waits in the kernel for the socket and for the disk.
        return await Task.Factory.StartNew(
            loop.Run, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
    }

    private SegmentFinisher NewFinisher(Action report) => new(
        _store,
        context.Frontier,
        new WalExpectations { System = _store.System, Major = connection.ServerVersion.Major },
        segment =>
        {
            report();
            context.Observer.OnEvent(new WalReceiverEvent(
                WalReceiverEventKind.SegmentStored, false, $"stored {segment.Name}")
            { Segment = segment, Timeline = segment.Timeline });
        });

    /// <summary>The history comes first: a segment of a timeline without its history could not be restored.</summary>
    private async Task<ReceiverPosition> FollowAsync(ReceiverPosition position, TimelineSwitch next, CancellationToken cancellationToken)
    {
        if (next.NextTimeline <= position.Timeline || next.SwitchPoint < _store.SegmentSize.SegmentStart(position.Start))
        {
            throw new OperationException(
                ErrorCodes.ProtocolViolation,
                $"{connection.Server} ended timeline {position.Timeline} at {next.SwitchPoint} for timeline {next.NextTimeline}, which "
                + "cannot be");
        }

        var file = await connection.ReadTimelineHistoryAsync(next.NextTimeline, cancellationToken);
        await _store.StoreHistoryAsync(next.NextTimeline, file.Content, cancellationToken);
        if (next.NextTimeline > _serverHistory.Timeline)
            _serverHistory = file.Parse();
        var start = _store.SegmentSize.SegmentStart(next.SwitchPoint);
        context.Observer.OnEvent(new WalReceiverEvent(
            WalReceiverEventKind.TimelineFollowed,
            false,
            $"timeline {position.Timeline} ended at {next.SwitchPoint}, going on with timeline {next.NextTimeline}")
        {
            Timeline = next.NextTimeline,
        });
        context.Frontier.Reset(start);
        return new ReceiverPosition(next.NextTimeline, start, start);
    }

    /// <summary>Law 2: what is gone is recorded and told before anything behind it is received.</summary>
    private async Task<ReceiverPosition> SkipGapAsync(
        ReceiverPosition position, OperationException reason, CancellationToken cancellationToken)
    {
        var size = _store.SegmentSize;
        var system = await connection.IdentifySystemAsync(cancellationToken);
        var present = size.SegmentNumber(system.FlushPosition);
        var missing = size.SegmentNumber(position.Start);
        if (present <= missing)
            throw reason;
        var number = await new OldestWalFinder(connection, _serverHistory, size).FindAsync(missing, present, cancellationToken);
        var start = new Lsn(number * (ulong)size.Bytes);
        var gap = new LsnRange(position.Held, start);
        await GapRecorder.RecordAsync(context, _serverHistory, position.Timeline, gap, reason.Message, cancellationToken);
        context.Frontier.Reset(start);
        return new ReceiverPosition(_serverHistory.TimelineAt(start), start, start);
    }
}
