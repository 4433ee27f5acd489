using System.Formats.Tar;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Integration.Tests.Fixtures;
using Howdah.Postgres.Replication;
using Howdah.Postgres.Wire;

namespace Howdah.Integration.Tests.Replication;

public sealed class ReplicationCommandTests
{
    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Slots_are_created_read_and_dropped(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await using var connection = await OpenAsync(server);
        var system = await connection.IdentifySystemAsync(TestEnvironment.Stop);
        Assert.Equal(await server.ScalarAsync("select system_identifier from pg_control_system()"), system.SystemIdentifier.ToString());
        Assert.Equal(TimelineId.First, system.Timeline);
        Assert.Equal(WalSegmentSize.Default, await connection.ReadSegmentSizeAsync(TestEnvironment.Stop));

        await connection.CreatePhysicalSlotAsync("1slot", new SlotOptions(), TestEnvironment.Stop);
        var duplicate = await Assert.ThrowsAsync<OperationException>(
            () => connection.CreatePhysicalSlotAsync("1slot", new SlotOptions(), TestEnvironment.Stop));
        Assert.Equal(SqlStates.DuplicateObject, ServerError.Of(duplicate)?.SqlState);
        var slot = await connection.ReadSlotAsync("1slot", TestEnvironment.Stop);
        var missing = await connection.ReadSlotAsync("other", TestEnvironment.Stop);
        if (major >= 15)
        {
            Assert.Equal((SlotExistence.Physical, TimelineId.First), (slot.Existence, slot.RestartTimeline));
            Assert.NotNull(slot.RestartLsn);
            Assert.Equal(SlotExistence.Missing, missing.Existence);
        }
        else
        {
            Assert.Equal((SlotExistence.Unknown, SlotExistence.Unknown), (slot.Existence, missing.Existence));
        }

        await connection.DropSlotAsync("1slot", wait: false, TestEnvironment.Stop);
        var gone = await Assert.ThrowsAsync<OperationException>(() => connection.DropSlotAsync("1slot", wait: true, TestEnvironment.Stop));
        Assert.Equal(SqlStates.UndefinedObject, ServerError.Of(gone)?.SqlState);
        var noHistory = await Assert.ThrowsAsync<OperationException>(
            () => connection.ReadTimelineHistoryAsync(TimelineId.First, TestEnvironment.Stop));
        Assert.Equal(SqlStates.UndefinedFile, ServerError.Of(noHistory)?.SqlState);
        Assert.Equal("8192", await connection.ShowAsync("block_size", TestEnvironment.Stop));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_message_of_wal_is_read_without_allocating_anything(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await using var connection = await OpenAsync(server);
        var start = WalSegmentSize.Default.SegmentStart((await connection.IdentifySystemAsync(TestEnvironment.Stop)).FlushPosition);
        await server.ExecuteAsync("create table t as select generate_series(1, 600000) as x");
        var end = Lsn.Parse((await server.ScalarAsync("select pg_current_wal_flush_lsn()::text"))!);
        var stream = (await connection.StartPhysicalReplicationAsync(
            new StartReplication(start, TimelineId.First), TestEnvironment.Stop)).Stream!;

        // The buffer grows to the longest message, and code is compiled, in the first half.
        ReadTo(stream, start + (end.BytesSince(start) / 2));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var messages = ReadTo(stream, end);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.InRange(messages, 100, int.MaxValue);
        await stream.StopAsync(TestEnvironment.Stop);
    }

    private static int ReadTo(WalStream stream, Lsn end)
    {
        for (var messages = 0; ; messages++)
        {
            if (!stream.TryReadArrived(out var message))
                message = stream.Read();
            if (message.End >= end)
                return messages;
        }
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task Wal_is_streamed_stopped_and_streamed_again(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await using var connection = await OpenAsync(server);
        var start = WalSegmentSize.Default.SegmentStart((await connection.IdentifySystemAsync(TestEnvironment.Stop)).FlushPosition);
        for (var round = 0; round < 2; round++)
        {
            await server.ExecuteAsync($"create table t{round} as select generate_series(1, 20000) as x");
            var end = Lsn.Parse((await server.ScalarAsync("select pg_current_wal_flush_lsn()::text"))!);
            var stream = (
                await connection.StartPhysicalReplicationAsync(
                    new StartReplication(start, TimelineId.First), TestEnvironment.Stop)).Stream!;
            var content = await ReceiveAsync(stream, start, end);
            await stream.StopAsync(TestEnvironment.Stop);
            var file = WalSegment.Containing(TimelineId.First, start, WalSegmentSize.Default);
            var stored = await File.ReadAllBytesAsync(Path.Combine(server.DataDirectory, "pg_wal", file.Name), TestEnvironment.Stop);
            Assert.True(stored.AsSpan(0, content.Length).SequenceEqual(content));
        }

        var ahead = (
            await connection.StartPhysicalReplicationAsync(
                new StartReplication(new Lsn(1UL << 40), TimelineId.First), TestEnvironment.Stop)).Stream!;
        var exception = await Assert.ThrowsAsync<OperationException>(() => ahead.ReadAsync(TestEnvironment.Stop).AsTask());
        Assert.Contains("is ahead of the WAL flush position", exception.Message, StringComparison.Ordinal);
        Assert.NotNull(await connection.IdentifySystemAsync(TestEnvironment.Stop));
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_promotion_is_followed_and_a_shutdown_is_recognised(int major)
    {
        await using var primary = await TestServer.StartAsync(new TestServerOptions(major));
        await using var standby = await TestStandby.CreateAsync(primary);
        await using var connection = await OpenAsync(standby);
        var start = WalSegmentSize.Default.SegmentStart((await connection.IdentifySystemAsync(TestEnvironment.Stop)).FlushPosition);
        var stream = (
            await connection.StartPhysicalReplicationAsync(new StartReplication(start, TimelineId.First), TestEnvironment.Stop)).Stream!;
        await standby.PromoteAsync();
        TimelineSwitch? next = null;
        while (next is null)
            next = (await stream.ReadAsync(TestEnvironment.Stop)).Switch;
        Assert.Equal(new TimelineId(2), next.NextTimeline);

        var history = await connection.ReadTimelineHistoryAsync(next.NextTimeline, TestEnvironment.Stop);
        Assert.Equal(next.SwitchPoint, Assert.Single(history.Parse().Ancestors).SwitchPoint);
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(standby.DataDirectory, "pg_wal", history.FileName), TestEnvironment.Stop),
            history.Content.ToArray());
        var atSwitch = await connection.StartPhysicalReplicationAsync(
            new StartReplication(next.SwitchPoint, TimelineId.First), TestEnvironment.Stop);
        Assert.Null(atSwitch.Stream);
        Assert.Equal(next, atSwitch.Switch);

        var onNew = new StartReplication(WalSegmentSize.Default.SegmentStart(next.SwitchPoint), next.NextTimeline);
        stream = (await connection.StartPhysicalReplicationAsync(onNew, TestEnvironment.Stop)).Stream!;
        var received = onNew.Start;
        var stopping = Task.CompletedTask;
        while (true)
        {
            var message = await stream.ReadAsync(TestEnvironment.Stop);
            if (message.Kind == WalStreamMessageKind.ServerShutdown)
                break;
            if (message.Kind == WalStreamMessageKind.Data)
                received = message.End;
            if (message.ReplyRequested)
                await stream.SendStatusAsync(new StandbyStatus(received, received, received), TestEnvironment.Stop);
            if (stopping == Task.CompletedTask)
                stopping = standby.StopAsync();
        }

        await stopping;
    }

    [Theory]
    [MemberData(nameof(SupportedMajors.Tested), MemberType = typeof(SupportedMajors))]
    public async Task A_base_backup_has_the_same_shape_on_every_version(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major));
        await using var place = await TestDirectory.CreateAsync("tablespace");
        await server.ExecuteAsync($"create tablespace space location '{place.Path}'");
        await server.ExecuteAsync("create table elsewhere tablespace space as select generate_series(1, 1000) as x");
        await using var connection = await OpenAsync(server);
        await using var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions { Label = "it's one" }, TestEnvironment.Stop);
        var archives = new List<(TablespaceInfo Tablespace, MemoryStream Tar)>();
        var manifest = new MemoryStream();
        BaseBackupEnd? end = null;
        while (end is null)
        {
            var message = await backup.ReadAsync(TestEnvironment.Stop);
            switch (message.Kind)
            {
                case BaseBackupMessageKind.ArchiveStart: archives.Add((message.Tablespace!, new MemoryStream())); break;
                case BaseBackupMessageKind.ArchiveData: archives[^1].Tar.Write(message.Bytes.Span); break;
                case BaseBackupMessageKind.ManifestData: manifest.Write(message.Bytes.Span); break;
                case BaseBackupMessageKind.End: end = message.End; break;
                default: break;
            }
        }

        Assert.True(end.EndLsn > backup.StartLsn);
        Assert.Null(end.ChecksumError);
        Assert.Equal(2, archives.Count);
        Assert.Equal(place.Path, archives[0].Tablespace.Location);
        Assert.Null(archives[1].Tablespace.Oid);
        Assert.True(archives[1].Tablespace.EstimatedBytes > 1 << 20);
        var names = Names(archives[1].Tar);
        Assert.Equal("backup_label", names[0]);
        Assert.Contains("tablespace_map", names);
        Assert.Equal("global/pg_control", names[^1]);
        Assert.Equal(major >= 13, Encoding.UTF8.GetString(manifest.ToArray()).EndsWith("}\n", StringComparison.Ordinal));
        Assert.NotNull(await connection.IdentifySystemAsync(TestEnvironment.Stop));
    }

    [Fact]
    public async Task Damaged_pages_are_reported_with_the_end_of_the_backup()
    {
        await using var server = await TestServer.StartAsync();
        await server.ExecuteAsync("create table damaged as select generate_series(1, 10000) as x");
        await server.ExecuteAsync("checkpoint");
        var path = Path.Combine(server.DataDirectory, (await server.ScalarAsync("select pg_relation_filepath('damaged')"))!);
        await server.StopAsync();
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 8192 + 5000;
            file.WriteByte(0x5A);
        }

        await server.StartAgainAsync();
        await using var connection = await OpenAsync(server);
        await using var backup = await connection.StartBaseBackupAsync(new BaseBackupOptions(), TestEnvironment.Stop);
        BaseBackupEnd? end = null;
        while (end is null)
            end = (await backup.ReadAsync(TestEnvironment.Stop)).End;
        Assert.Contains("XX001", end.ChecksumError, StringComparison.Ordinal);
        Assert.Contains(end.Warnings, warning => warning.Contains("checksum verification failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_backup_that_is_given_up_ends_on_the_server()
    {
        await using var server = await TestServer.StartAsync();
        await using (var connection = await OpenAsync(server))
        {
            await using var backup = await connection.StartBaseBackupAsync(
                new BaseBackupOptions { MaxRate = Core.Units.ByteSize.FromMiB(1) }, TestEnvironment.Stop);
            await backup.ReadAsync(TestEnvironment.Stop);
        }

        await TestWait.UntilAsync(
            "the walsender is gone", async () => await server.ScalarAsync("select count(*) from pg_stat_replication") == "0");
    }

    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    public async Task A_logical_slot_is_marked_for_failover(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major)
        {
            Settings = new Dictionary<string, string> { ["wal_level"] = "logical" },
        });
        await server.ExecuteAsync("select pg_create_logical_replication_slot('logical', 'pgoutput')");
        await using var connection = await OpenAsync(server);
        foreach (var failover in new[] { true, false })
        {
            await connection.AlterSlotAsync("logical", failover, TestEnvironment.Stop);
            Assert.Equal($"{failover}", await server.ScalarAsync("select failover from pg_replication_slots where slot_name = 'logical'"));
        }

        await connection.CreatePhysicalSlotAsync("physical", new SlotOptions(), TestEnvironment.Stop);
        var physical = await Assert.ThrowsAsync<OperationException>(
            () => connection.AlterSlotAsync("physical", failover: true, TestEnvironment.Stop));
        Assert.Contains("physical replication slot", physical.Message, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<OperationException>(
            () => connection.AlterSlotAsync("missing", failover: true, TestEnvironment.Stop));
        Assert.Equal(SqlStates.UndefinedObject, ServerError.Of(missing)?.SqlState);
        Assert.NotNull(await connection.IdentifySystemAsync(TestEnvironment.Stop));
    }

    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    public async Task A_base_backup_refers_to_a_manifest_that_was_uploaded(int major)
    {
        await using var server = await TestServer.StartAsync(new TestServerOptions(major)
        {
            Settings = new Dictionary<string, string> { ["summarize_wal"] = "on" },
        });
        await server.ExecuteAsync("create table big as select generate_series(1, 100000) as x");
        await using var connection = await OpenAsync(server);
        var (whole, manifest) = await BackUpAsync(connection, new BaseBackupOptions());
        await server.ExecuteAsync("create table later (x int)");

        var refused = await Assert.ThrowsAsync<OperationException>(
            () => connection.UploadManifestAsync(new MemoryStream(Encoding.UTF8.GetBytes("{}")), TestEnvironment.Stop));
        Assert.Equal(ErrorCodes.ServerError, refused.Code);
        await connection.UploadManifestAsync(new MemoryStream(manifest), TestEnvironment.Stop);
        var (increment, _) = await BackUpAsync(connection, new BaseBackupOptions { Incremental = true });
        Assert.True(increment.Length < whole.Length / 2);
        Assert.Contains(Names(increment), name => Path.GetFileName(name).StartsWith("INCREMENTAL.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_version_does_not_have_is_refused_before_it_is_asked()
    {
        await using var server = await TestServer.StartAsync();
        await using var connection = await OpenAsync(server);
        foreach (var attempt in new Func<Task>[]
        {
            () => connection.AlterSlotAsync("s", failover: true, TestEnvironment.Stop),
            () => connection.UploadManifestAsync(Stream.Null, TestEnvironment.Stop),
        })
            Assert.Equal(ErrorCodes.ServerVersionUnsupported, (await Assert.ThrowsAsync<OperationException>(attempt)).Code);
        Assert.NotNull(await connection.IdentifySystemAsync(TestEnvironment.Stop));
    }

    /// <summary>The data directory's archive, and the manifest.</summary>
    private static async Task<(MemoryStream Tar, byte[] Manifest)> BackUpAsync(ReplicationConnection connection, BaseBackupOptions options)
    {
        await using var backup = await connection.StartBaseBackupAsync(options, TestEnvironment.Stop);
        var (tar, manifest) = (new MemoryStream(), new MemoryStream());
        while (true)
        {
            var message = await backup.ReadAsync(TestEnvironment.Stop);
            if (message.Kind == BaseBackupMessageKind.End)
                return (tar, manifest.ToArray());
            if (message.Kind == BaseBackupMessageKind.ArchiveData)
                tar.Write(message.Bytes.Span);
            else if (message.Kind == BaseBackupMessageKind.ManifestData)
                manifest.Write(message.Bytes.Span);
        }
    }

    private static List<string> Names(MemoryStream tar)
    {
        tar.Position = 0;
        using var reader = new TarReader(tar);
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry)
            names.Add(entry.Name);
        return names;
    }

    private static async Task<byte[]> ReceiveAsync(WalStream stream, Lsn start, Lsn end)
    {
        var content = new MemoryStream();
        while (start + (ulong)content.Length < end)
        {
            var message = await stream.ReadAsync(TestEnvironment.Stop);
            if (message.Kind != WalStreamMessageKind.Data)
                continue;
            Assert.Equal(start + (ulong)content.Length, message.Start);
            content.Write(message.Bytes.Span);
        }

        return content.ToArray();
    }

    private static Task<ReplicationConnection> OpenAsync(TestServer server) =>
        ReplicationConnection.OpenAsync(server.Settings(), TimeProvider.System, TestEnvironment.Stop);
}
