using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;
using static Howdah.Postgres.Tests.Wire.Peer;

namespace Howdah.Postgres.Tests.Replication;

public sealed class HostileReplicationTests
{
    private static readonly StartReplication AnyStart = new(new Lsn(0x1000000), TimelineId.First, "s");

    [Fact]
    public async Task An_error_carries_its_sqlstate_and_leaves_the_session_usable()
    {
        await using var session = await HostileSession.OpenAsync(async peer =>
        {
            await peer.AnswerAsync(Error("42704", "replication slot \"s\" does not exist"), Ready);
            await peer.AnswerAsync(Columns(4), Row("77", "3", "0/16B3748", null), Complete("IDENTIFY_SYSTEM"), Ready);
        });
        var exception = await Assert.ThrowsAsync<OperationException>(() => session.Connection.DropSlotAsync("s", false, default));
        Assert.Equal(SqlStates.UndefinedObject, ServerError.Of(exception)?.SqlState);
        Assert.Equal(
            new SystemIdentification(new SystemIdentifier(77), new TimelineId(3), Lsn.Parse("0/16B3748")),
            await session.Connection.IdentifySystemAsync(default));
    }

    [Theory]
    [InlineData("x", "1", "0/1")]
    [InlineData("1", "0", "0/1")]
    [InlineData("1", "1", "nowhere")]
    [InlineData(null, "1", "0/1")]
    public async Task Impossible_values_are_refused_by_column(string? system, string timeline, string position)
    {
        await using var session = await HostileSession.OpenAsync(
            peer => peer.AnswerAsync(Columns(4), Row(system, timeline, position, null), Complete("SELECT"), Ready));
        var exception = await Assert.ThrowsAsync<OperationException>(() => session.Connection.IdentifySystemAsync(default));
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains("column", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endless_rows_are_cut_off()
    {
        await using var session = await HostileSession.OpenAsync(async peer =>
        {
            await peer.AnswerAsync(Columns(1));
            var rows = Enumerable.Repeat(Row(new string('x', 1000)), 100).ToArray();
            while (true)
                await peer.SendAsync(rows);
        });
        var exception = await Assert.ThrowsAsync<OperationException>(() => session.Connection.ShowAsync("x", default));
        Assert.Contains("does not stop answering", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_row_with_other_columns_than_announced_is_refused()
    {
        await using var session = await HostileSession.OpenAsync(peer => peer.AnswerAsync(Columns(2), Row("1"), Complete("SELECT"), Ready));
        var exception = await Assert.ThrowsAsync<OperationException>(() => session.Connection.ShowAsync("x", default));
        Assert.Contains("1 values for 2 columns", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_that_mean_something_else_are_refused()
    {
        await using var session = await HostileSession.OpenAsync(peer => peer.AnswerAsync(Message('G', [0, 0, 0])));
        var exception = await Assert.ThrowsAsync<OperationException>(() => session.Connection.ShowAsync("x", default));
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
        Assert.Contains("'G'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Starting_exactly_at_the_switch_point_names_the_next_timeline_without_a_stream()
    {
        await using var session = await HostileSession.OpenAsync(peer =>
            peer.AnswerAsync(Columns(2), Row("2", "0/16B3748"), Complete("START_STREAMING"), Complete("START_REPLICATION"), Ready));
        var result = await session.Connection.StartPhysicalReplicationAsync(AnyStart, default);
        Assert.Null(result.Stream);
        Assert.Equal(new TimelineSwitch(new TimelineId(2), Lsn.Parse("0/16B3748")), result.Switch);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_of_a_timeline_is_answered_and_followed(bool synchronous)
    {
        await using var session = await HostileSession.OpenAsync(async peer =>
        {
            await peer.AnswerAsync(Message('W', [0, 0, 0]), Wal(0x1000000, [1, 2, 3]), Message('c'));
            Assert.Equal('c', (await peer.ReadMessageAsync()).Type);
            await peer.SendAsync(
                Columns(2), Row("2", "0/1000002"), Complete("START_STREAMING"), Message(
                    'S', Text("in_hot_standby"), Text("off")), Complete("START_REPLICATION"), Ready);
            await peer.AnswerAsync(Columns(1), Row("16MB"), Complete("SHOW"), Ready);
        });
        var stream = await session.StartAsync();
        var data = synchronous ? stream.Read() : await stream.ReadAsync(default);
        Assert.Equal((WalStreamMessageKind.Data, new Lsn(0x1000003)), (data.Kind, data.End));
        Assert.False(stream.TryReadArrived(out _));
        var end = synchronous ? stream.Read() : await stream.ReadAsync(default);
        Assert.Equal(WalStreamMessageKind.EndOfTimeline, end.Kind);
        Assert.Equal(new TimelineSwitch(new TimelineId(2), new Lsn(0x1000002)), end.Switch);
        Assert.Equal(WalSegmentSize.Default, await session.Connection.ReadSegmentSizeAsync(default));
    }

    /// <summary>Notices, changed parameters and notifications come at any moment (PostgreSQL 18 manual, 54.2.7).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_server_says_between_two_messages_of_WAL_is_taken_in_and_no_WAL_is_lost(bool synchronous)
    {
        const int notices = 250;
        var between = Enumerable.Repeat(Notice("careful"), notices).Append(Message('S', Text("application_name"), Text("other")))
            .Append(Message('A', Int32(7), Text("channel"), Text("payload"))).ToArray();
        await using var session = await HostileSession.OpenAsync(async peer =>
        {
            await peer.AnswerAsync([Message('W', [0, 0, 0]), .. between, Wal(0x1000000, [1, 2, 3]), .. between, Wal(0x1000003, [4, 5])]);
            await peer.ReadMessageAsync();
        });
        var stream = await session.StartAsync();
        List<Lsn> ends = [];
        while (ends.Count < 2)
        {
            var message = synchronous ? stream.Read() : await stream.ReadAsync(default);
            Assert.Equal(WalStreamMessageKind.Data, message.Kind);
            ends.Add(message.End);
        }

        Assert.Equal([new Lsn(0x1000003), new Lsn(0x1000005)], ends);
    }

    [Fact]
    public async Task An_error_after_the_start_of_the_stream_is_thrown_and_the_session_goes_on()
    {
        await using var session = await HostileSession.OpenAsync(async peer =>
        {
            await peer.AnswerAsync(
                Message('W', [0, 0, 0]), Error("58P01", "requested WAL segment 000000010000000000000001 has already been removed"), Ready);
            await peer.AnswerAsync(Columns(1), Row("16MB"), Complete("SHOW"), Ready);
        });
        var stream = await session.StartAsync();
        var exception = await Assert.ThrowsAsync<OperationException>(() => stream.ReadAsync(default).AsTask());
        Assert.Equal(SqlStates.UndefinedFile, ServerError.Of(exception)?.SqlState);
        Assert.Equal("16MB", await session.Connection.ShowAsync("wal_segment_size", default));
    }

    [Fact]
    public async Task Shutdown_of_the_server_is_told_from_a_broken_connection()
    {
        await using var session = await HostileSession.OpenAsync(peer => peer.AnswerAsync(Message('W', [0, 0, 0]), Complete("COPY 0")));
        var stream = await session.StartAsync();
        Assert.Equal(WalStreamMessageKind.ServerShutdown, (await stream.ReadAsync(default)).Kind);

        await using var broken = await HostileSession.OpenAsync(peer => peer.AnswerAsync(Message('W', [0, 0, 0])));
        stream = await broken.StartAsync();
        Assert.Equal(
            ErrorCodes.ConnectionLost, (await Assert.ThrowsAsync<OperationException>(() => stream.ReadAsync(default).AsTask())).Code);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { (byte)'w', 0, 0 })]
    [InlineData(new byte[] { (byte)'k', 0, 0 })]
    [InlineData(new byte[] { (byte)'z' })]
    [InlineData(new byte[] { (byte)'w', 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2 })]
    public async Task Malformed_copy_data_is_refused(byte[] payload)
    {
        await using var session = await HostileSession.OpenAsync(peer => peer.AnswerAsync(Message('W', [0, 0, 0]), Message('d', payload)));
        var stream = await session.StartAsync();
        var exception = await Assert.ThrowsAsync<OperationException>(() => stream.ReadAsync(default).AsTask());
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
    }

    [Fact]
    public async Task A_timeline_that_ends_without_a_successor_is_refused()
    {
        await using var session = await HostileSession.OpenAsync(
            peer => peer.AnswerAsync(Message('W', [0, 0, 0]), Message('c'), Complete("x"), Ready));
        var stream = await session.StartAsync();
        var exception = await Assert.ThrowsAsync<OperationException>(() => stream.ReadAsync(default).AsTask());
        Assert.Equal(ErrorCodes.ProtocolViolation, exception.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Silence_runs_into_the_read_timeout(bool synchronous)
    {
        await using var session = await HostileSession.OpenAsync(async peer =>
        {
            await peer.AnswerAsync(Message('W', [0, 0, 0]));
            await peer.StaySilentAsync();
        });
        var stream = await session.StartAsync();
        session.Connection.ReadTimeout = TimeSpan.FromMilliseconds(200);
        var exception = await Assert.ThrowsAsync<OperationException>(
            async () => _ = synchronous ? stream.Read() : await stream.ReadAsync(default));
        Assert.Equal(ErrorCodes.ServerTimeout, exception.Code);
    }

    [Fact]
    public async Task A_waiting_read_is_stopped_from_outside_and_can_still_report()
    {
        var status = new TaskCompletionSource<byte[]>();
        await using var session = await HostileSession.OpenAsync(async peer =>
        {
            await peer.AnswerAsync(Message('W', [0, 0, 0]), Wal(0x1000000, [9]));
            status.SetResult((await peer.ReadMessageAsync()).Body);
        });
        var stream = await session.StartAsync();
        var reading = Task.Run(() => (stream.Read().Kind, stream.Read().Kind));
        stream.StopReading();
        Assert.Equal(WalStreamMessageKind.Stopped, (await reading).Item2);
        stream.SendStatus(new StandbyStatus(new Lsn(5), new Lsn(4), new Lsn(3)));
        var body = await status.Task;
        Assert.Equal(34, body.Length);
        Assert.Equal([(byte)'r', 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3], body[..25]);
    }

    private static byte[] Wal(ulong start, byte[] bytes) =>
        Message('d', [(byte)'w'], Int64(start), Int64(start + 100), Int64(0), bytes);
}
