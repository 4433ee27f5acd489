using Howdah.Core.Errors;
using Howdah.Core.Units;
using Howdah.Core.Wal;
using Howdah.Postgres.ConnectionStrings;
using Howdah.Postgres.Versions;
using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Replication;

/// <summary>
/// A physical replication connection (walsender) of PostgreSQL 11-18. One command at a time; used by one caller at a time.
/// </summary>
public sealed class ReplicationConnection : IAsyncDisposable
{
    private readonly WireConnection _wire;
    private readonly ConnectionSettings _settings;

    private ReplicationConnection(WireConnection wire, ConnectionSettings settings)
    {
        _wire = wire;
        _settings = settings;
    }

    public PostgresVersion ServerVersion => _wire.ServerVersion;

    /// <summary>Which of the settings' servers answered, for messages.</summary>
    public string Server => _wire.Target.ToString();

    public bool IsEncrypted => _wire.IsEncrypted;

    /// <summary>Process id of the walsender; null where the server did not tell.</summary>
    public int? ServerProcessId => _wire.BackendKey?.ProcessId;

    /// <summary>How long one wait for the server's bytes may last once a stream runs. Default: for ever.</summary>
    public TimeSpan ReadTimeout
    {
        get => _wire.Reader.ReadTimeout;
        set => _wire.Reader.ReadTimeout = value;
    }

    /// <exception cref="OperationException">No server could be reached, or none accepted us; the message says why for each.</exception>
    public static async Task<ReplicationConnection> OpenAsync(
        ConnectionSettings settings, TimeProvider time, CancellationToken cancellationToken)
    {
        var startup = StartupParameters.Physical;
        var wire = await new ConnectionOpener(settings, startup, time).OpenAsync(cancellationToken);
        var connection = new ReplicationConnection(wire, settings);
        try
        {
            // The parameter cannot be sent blindly: servers before 14 do not know it and would refuse the connection.
            if (!wire.ServerVersion.Facts.HasIdleSessionTimeout
                || await connection.ShowAsync("idle_session_timeout", cancellationToken) == "0")
                return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        wire = await new ConnectionOpener(settings, startup.With("idle_session_timeout", "0"), time).OpenAsync(cancellationToken);
        return new ReplicationConnection(wire, settings);
    }

    public async Task<SystemIdentification> IdentifySystemAsync(CancellationToken cancellationToken)
    {
        const string command = "IDENTIFY_SYSTEM";
        var row = await QueryRowAsync(command, cancellationToken);
        return Read(new RowText(row, command));

        static SystemIdentification Read(RowText row) => new(new SystemIdentifier(row.Number(0)), row.Timeline(1), row.Lsn(2));
    }

    /// <summary>A setting as text, for example <c>16MB</c>.</summary>
    public async Task<string> ShowAsync(string setting, CancellationToken cancellationToken)
    {
        var row = await QueryRowAsync($"SHOW {setting}", cancellationToken);
        return new RowText(row, "SHOW").Text(0);
    }

    public async Task<WalSegmentSize> ReadSegmentSizeAsync(CancellationToken cancellationToken)
    {
        var text = await ShowAsync("wal_segment_size", cancellationToken);
        if (!ByteSize.TryParse(text, out var size) || !WalSegmentSize.IsValid(size.Bytes))
            throw new OperationException(
                ErrorCodes.ProtocolViolation, $"{Server} says wal_segment_size is \"{text}\", which is impossible");
        return new WalSegmentSize((int)size.Bytes);
    }

    /// <summary>The history file of a timeline after the first.</summary>
    public async Task<TimelineHistoryFile> ReadTimelineHistoryAsync(TimelineId timeline, CancellationToken cancellationToken)
    {
        var command = $"TIMELINE_HISTORY {timeline}";
        var row = await QueryRowAsync(command, cancellationToken);
        var file = Read(new RowText(row, command), timeline);
        if (file.FileName != timeline.HistoryFileName)
            throw new OperationException(ErrorCodes.ProtocolViolation, $"{Server} answered {command} with a file of another name");
        return file;

        static TimelineHistoryFile Read(RowText row, TimelineId timeline) => new(timeline, row.Text(0), row.Bytes(1));
    }

    /// <exception cref="OperationException">SQLSTATE <see cref="SqlStates.DuplicateObject"/>: there is one of that name.</exception>
    public async Task CreatePhysicalSlotAsync(string name, SlotOptions options, CancellationToken cancellationToken) =>
        await _wire.QueryAsync(ReplicationCommand.CreateSlot(name, options), cancellationToken);

    public async Task<SlotPosition> ReadSlotAsync(string name, CancellationToken cancellationToken)
    {
        if (!ServerVersion.Facts.HasReadReplicationSlot)
            return new SlotPosition(SlotExistence.Unknown);
        const string command = "READ_REPLICATION_SLOT";
        var row = await QueryRowAsync($"{command} {ReplicationCommand.QuoteName(name)}", cancellationToken);
        return Read(new RowText(row, command));

        static SlotPosition Read(RowText row)
        {
            if (row.IsNull(0))
                return new SlotPosition(SlotExistence.Missing);
            return row.IsNull(1) || row.IsNull(2)
                ? new SlotPosition(SlotExistence.Physical)
                : new SlotPosition(SlotExistence.Physical, row.Lsn(1), row.Timeline(2));
        }
    }

    /// <param name="name">Name of the slot.</param>
    /// <param name="wait">Waits until nobody uses the slot, instead of failing with <see cref="SqlStates.ObjectInUse"/>.</param>
    /// <param name="cancellationToken">Cancelling breaks the connection.</param>
    public async Task DropSlotAsync(string name, bool wait, CancellationToken cancellationToken) =>
        await _wire.QueryAsync(
            $"DROP_REPLICATION_SLOT {ReplicationCommand.QuoteName(name)}{(wait ? " WAIT" : "")}",
            wait ? Timeout.InfiniteTimeSpan : WireConnection.CommandTimeout,
            cancellationToken);

    /// <summary>Marks a logical slot for failover (17+).</summary>
    public async Task AlterSlotAsync(string name, bool failover, CancellationToken cancellationToken)
    {
        if (!ServerVersion.Facts.HasIncrementalBackup)
            throw Unsupported("ALTER_REPLICATION_SLOT");
        await _wire.QueryAsync(
            $"ALTER_REPLICATION_SLOT {ReplicationCommand.QuoteName(name)} (FAILOVER {(failover ? "true" : "false")})", cancellationToken);
    }

    /// <summary>
    /// Begins streaming. Errors that the server finds before it streams are thrown here; "ahead of the WAL flush position" and
    /// "WAL segment has already been removed" come from the stream's first read. The session stays usable after each of them.
    /// </summary>
    public async Task<StartReplicationResult> StartPhysicalReplicationAsync(StartReplication options, CancellationToken cancellationToken)
    {
        const string command = "START_REPLICATION";
        await _wire.SendQueryAsync(ReplicationCommand.Start(options), cancellationToken);
        var tail = new CommandTail(_wire, command);
        while (true)
        {
            var message = await _wire.ReadAsync(cancellationToken);
            if (message.Type == MessageType.CopyBothResponse)
                return new StartReplicationResult(new WalStream(_wire), null);
            if (!tail.Handle(message))
                continue;
            tail.ThrowIfError();
            return new StartReplicationResult(null, WalStream.ReadSwitch(tail.Row));
        }
    }

    /// <summary>Uploads the manifest of an earlier backup, to which BASE_BACKUP INCREMENTAL then refers (17+).</summary>
    public async Task UploadManifestAsync(Stream manifest, CancellationToken cancellationToken)
    {
        if (!ServerVersion.Facts.HasIncrementalBackup)
            throw Unsupported("UPLOAD_MANIFEST");
        const string command = "UPLOAD_MANIFEST";
        await _wire.SendQueryAsync(command, cancellationToken);
        var tail = new CommandTail(_wire, command);
        var message = await _wire.ReadAsync(cancellationToken);
        if (message.Type == MessageType.CopyInResponse)
        {
            var chunk = new byte[64 << 10];
            int count;
            while ((count = await manifest.ReadAsync(chunk, cancellationToken)) > 0)
            {
                _wire.Writer.Begin(MessageType.CopyData).WriteBytes(chunk.AsSpan(0, count)).End();
                await _wire.Writer.FlushAsync(cancellationToken);
            }

            _wire.Writer.Begin(MessageType.CopyDone).End();
            await _wire.Writer.FlushAsync(cancellationToken);
            await tail.ReadAsync(cancellationToken);
        }
        else if (!tail.Handle(message))
        {
            await tail.ReadAsync(cancellationToken);
        }

        tail.ThrowIfError();
    }

    /// <summary>Begins a base backup; returns when the server has made its checkpoint, which may take minutes.</summary>
    public async Task<BaseBackupStream> StartBaseBackupAsync(BaseBackupOptions options, CancellationToken cancellationToken)
    {
        await _wire.SendQueryAsync(ReplicationCommand.BaseBackup(options, ServerVersion.Facts), cancellationToken);
        return await BaseBackupStream.OpenAsync(_wire, options, cancellationToken);
    }

    /// <summary>
    /// Asks the server to interrupt the running command, on a connection of its own. The command then fails with SQLSTATE 57014 where it
    /// has not ended yet, and the session is usable again.
    /// </summary>
    public Task CancelAsync(CancellationToken cancellationToken) => CancelRequest.SendAsync(_wire, _settings, cancellationToken);

    /// <summary>Breaks the connection at once, as a crash would; waiting reads fail.</summary>
    public void Abort() => _wire.Abort();

    public ValueTask DisposeAsync() => _wire.DisposeAsync();

    private async Task<byte[]?[]> QueryRowAsync(string command, CancellationToken cancellationToken)
    {
        var results = await _wire.QueryAsync(command, cancellationToken);
        return results is [{ Rows: [var row] }, ..]
            ? row
            : throw new OperationException(ErrorCodes.ProtocolViolation, $"{Server} answered {command} without exactly one row");
    }

    private OperationException Unsupported(string command) =>
        new(ErrorCodes.ServerVersionUnsupported, $"{Server} runs PostgreSQL {ServerVersion}, which has no {command}");
}
