using System.Globalization;
using System.Text;
using Howdah.Core.Errors;
using Howdah.Core.Wal;
using Howdah.Postgres.Wire;

namespace Howdah.Postgres.Replication;

/// <summary>
/// A running BASE_BACKUP as one sequence of messages: up to 14 the server sends one raw copy an archive and one for the
/// manifest, from 15 on a single typed copy. Used by one caller at a time; disposing it before the end aborts the backup
/// and breaks the connection.
/// </summary>
/// <remarks>PostgreSQL documentation 53.4, BASE_BACKUP.</remarks>
public sealed class BaseBackupStream : IAsyncDisposable
{
    private const string Command = "BASE_BACKUP";

    private readonly WireConnection _wire;
    private readonly bool _isTyped;
    private readonly bool _hasManifest;
    private int _copies;
    private bool _isInCopy;
    private bool _isInManifest;
    private ServerMessage? _control;
    private bool _isOver;

    private BaseBackupStream(WireConnection wire, BaseBackupOptions options, BackupHead head)
    {
        _wire = wire;
        _isTyped = wire.ServerVersion.Facts.HasParenthesizedOptions;
        _hasManifest = options.ManifestChecksums is not null && wire.ServerVersion.Facts.HasBackupManifest;
        (StartLsn, StartTimeline, Tablespaces) = (head.Start, head.Timeline, head.Tablespaces);
    }

    /// <summary>The redo point: WAL from here on is needed.</summary>
    public Lsn StartLsn { get; }

    public TimelineId StartTimeline { get; }

    /// <summary>In the order of their archives; the data directory (no OID) comes last.</summary>
    public IReadOnlyList<TablespaceInfo> Tablespaces { get; }

    /// <summary>The next message; none after <see cref="BaseBackupMessageKind.End"/>.</summary>
    /// <exception cref="OperationException">The server gave up, or the connection broke: nothing of the backup counts.</exception>
    public async ValueTask<BaseBackupMessage> ReadAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(!_isOver);
        while (true)
        {
            var message = _control ?? await _wire.ReadAsync(cancellationToken);
            _control = null;
            switch (message.Type)
            {
                case MessageType.CopyData when _isInCopy:
                    return _isTyped ? ReadTyped(message) : new BaseBackupMessage(DataKind, Bytes: message.Body);
                case MessageType.CopyOutResponse when !_isInCopy && _copies < ExpectedCopies:
                    _isInCopy = true;
                    _copies++;
                    if (_isTyped)
                        break;
                    return StartRaw();
                case MessageType.CopyDone when _isInCopy:
                    _isInCopy = false;
                    break;
                case MessageType.RowDescription when !_isInCopy && _copies == ExpectedCopies:
                case MessageType.ErrorResponse:
                    return await FinishAsync(message, cancellationToken);
                default:
                    throw _wire.Unexpected(message, Command);
            }
        }
    }

    /// <summary>
    /// The next message while data flows, waiting on the calling thread, in the kernel; false where <see cref="ReadAsync"/> must be
    /// asked next. Measured: the asynchronous path spends as much CPU on waking threads as on the bytes.
    /// </summary>
    public bool TryReadData(out BaseBackupMessage message)
    {
        Invariant.Check(!_isOver);
        message = default;
        while (_isInCopy && _control is null)
        {
            var raw = _wire.Reader.Take();
            if (_wire.Absorb(raw))
                continue;
            if (raw.Type != MessageType.CopyData)
            {
                _control = raw;
                break;
            }

            message = _isTyped ? ReadTyped(raw) : new BaseBackupMessage(DataKind, Bytes: raw.Body);
            return true;
        }

        return false;
    }

    /// <summary>Makes a waiting <see cref="TryReadData"/> fail as if the server had closed the connection; from any thread.</summary>
    public void StopReading() => _wire.StopReading();

    public ValueTask DisposeAsync()
    {
        if (!_isOver)
            _wire.Abort();
        _isOver = true;
        return ValueTask.CompletedTask;
    }

    private int ExpectedCopies => _isTyped ? 1 : Tablespaces.Count + (_hasManifest ? 1 : 0);

    private BaseBackupMessageKind DataKind => _isInManifest ? BaseBackupMessageKind.ManifestData : BaseBackupMessageKind.ArchiveData;

    internal static async Task<BaseBackupStream> OpenAsync(
        WireConnection wire, BaseBackupOptions options, CancellationToken cancellationToken)
    {
        var head = await BackupHead.ReadAsync(wire, cancellationToken);
        return new BaseBackupStream(wire, options, head);
    }

    private BaseBackupMessage StartRaw()
    {
        if (_copies <= Tablespaces.Count)
            return new BaseBackupMessage(BaseBackupMessageKind.ArchiveStart, Tablespaces[_copies - 1]);
        _isInManifest = true;
        return new BaseBackupMessage(BaseBackupMessageKind.ManifestStart);
    }

    private BaseBackupMessage ReadTyped(ServerMessage message)
    {
        var reader = new BodyReader(message);
        var type = reader.ReadByte();
        switch (type)
        {
            case (byte)'d':
                return new BaseBackupMessage(DataKind, Bytes: message.Body[1..]);
            case (byte)'n':
                _isInManifest = false;
                return new BaseBackupMessage(BaseBackupMessageKind.ArchiveStart, FindTablespace(reader.ReadText()));
            case (byte)'m':
                _isInManifest = true;
                return new BaseBackupMessage(BaseBackupMessageKind.ManifestStart);
            case (byte)'p':
                return new BaseBackupMessage(BaseBackupMessageKind.Progress, BytesDone: (long)Math.Min(reader.ReadUInt64(), long.MaxValue));
            default:
                throw reader.Violation($"backup data of kind {MessageType.Show(type)}");
        }
    }

    // The name decides nothing on our disk: it must be one of those that the list announced.
    private TablespaceInfo FindTablespace(string archive)
    {
        foreach (var tablespace in Tablespaces)
        {
            if (archive == (tablespace.Oid is { } oid ? string.Create(CultureInfo.InvariantCulture, $"{oid}.tar") : "base.tar"))
                return tablespace;
        }

        throw new OperationException(
            ErrorCodes.ProtocolViolation,
            $"{_wire.Target} sent an archive \"{(archive.Length > 64 ? archive[..64] : archive)}\" that it did not announce");
    }

    private async Task<BaseBackupMessage> FinishAsync(ServerMessage first, CancellationToken cancellationToken)
    {
        var tail = new CommandTail(_wire, Command);
        if (!tail.Handle(first))
            await tail.ReadAsync(cancellationToken);
        _isOver = true;
        // Damaged pages are told after everything else was delivered; any other error means that something is missing.
        if (tail.Error is not { SqlState: SqlStates.DataCorrupted } || tail.Row.Length == 0)
            tail.ThrowIfError();
        return new BaseBackupMessage(BaseBackupMessageKind.End, End: ReadEnd(tail));
    }

    private BaseBackupEnd ReadEnd(CommandTail tail)
    {
        var row = new RowText(tail.Row, Command);
        var warnings = _wire.Notices.Select(notice => notice.ToString()).ToList();
        if (_wire.NoticesDropped > 0)
            warnings.Add($"{_wire.NoticesDropped} more warnings");
        return new BaseBackupEnd(row.Lsn(0), row.Timeline(1), warnings, tail.Error?.ToString());
    }

    /// <summary>The two result sets before the data: start position, and the archives to come.</summary>
    private sealed record BackupHead(Lsn Start, TimelineId Timeline, IReadOnlyList<TablespaceInfo> Tablespaces)
    {
        // PostgreSQL has no limit; thousands of tablespaces exist nowhere, and each needs a place on our side.
        private const int MostTablespaces = 10_000;

        public static async Task<BackupHead> ReadAsync(WireConnection wire, CancellationToken cancellationToken)
        {
            var position = await ReadSetAsync(wire, cancellationToken);
            var archives = await ReadSetAsync(wire, cancellationToken);
            if (position.Count != 1 || archives.Count == 0)
                throw new OperationException(
                    ErrorCodes.ProtocolViolation,
                    $"{wire.Target} answered {Command} with {position.Count} positions and {archives.Count} archives");
            var tablespaces = archives.ConvertAll(ReadTablespace);
            return Create(new RowText(position[0], Command), tablespaces);
        }

        private static BackupHead Create(RowText position, List<TablespaceInfo> tablespaces) =>
            new(position.Lsn(0), position.Timeline(1), tablespaces);

        private static TablespaceInfo ReadTablespace(byte[]?[] values)
        {
            var row = new RowText(values, Command);
            return new TablespaceInfo(
                row.IsNull(0) ? null : checked((uint)Math.Min(row.Number(0), uint.MaxValue)),
                row.IsNull(1) ? null : Encoding.UTF8.GetString(row.Bytes(1).Span),
                row.IsNull(2) ? null : (long)Math.Min(row.Number(2), long.MaxValue / 1024) * 1024);
        }

        private static async Task<List<byte[]?[]>> ReadSetAsync(WireConnection wire, CancellationToken cancellationToken)
        {
            var rows = new List<byte[]?[]>();
            var columns = 0;
            while (true)
            {
                var message = await wire.ReadAsync(cancellationToken);
                switch (message.Type)
                {
                    case MessageType.RowDescription:
                        columns = SimpleQuery.ReadColumns(message).Count;
                        break;
                    case MessageType.DataRow when rows.Count < MostTablespaces:
                        rows.Add(SimpleQuery.ReadRow(message, columns));
                        break;
                    case MessageType.CommandComplete:
                        return rows;
                    case MessageType.ErrorResponse:
                        var tail = new CommandTail(wire, Command);
                        tail.Handle(message);
                        await tail.ReadAsync(cancellationToken);
                        tail.ThrowIfError();
                        break;
                    default:
                        throw wire.Unexpected(message, Command);
                }
            }
        }
    }
}
